// Which images may be pulled here: those from places that the owner lists, and none where he lists none.
import { type ImageName, isImageName, type LeaseItem, parseImageName } from "@starling/protocol";
import type { Refusal } from "./rules.ts";

/** A registry, a repository or the beginning of its name, or with a digest one image alone. */
export type ImagePlace = Pick<ImageName, "registry" | "repository"> & Partial<Pick<ImageName, "digest">>;

/** What in the image of a lease keeps it from this machine, or null. */
export function refusalOfImage(allowed: readonly ImagePlace[] | undefined, { task }: LeaseItem): Refusal | null {
  const { name } = task.program;
  if (!isImageName(name)) return null;
  const read = parseImageName(name);
  const isAllowed = read.ok && allowed?.some((place) => holds(place, read.value)) === true;
  return isAllowed ? null : { reason: "imageRefused", message: `the owner does not let ${name} be pulled` };
}

function holds({ registry, repository, digest }: ImagePlace, image: ImageName): boolean {
  if (registry !== image.registry) return false;
  if (digest !== undefined) return digest === image.digest && repository === image.repository;
  return repository === "" || image.repository === repository || image.repository.startsWith(`${repository}/`);
}
