// Images that workers pull, named by registry, repository and digest. Wherever a program has a content id, they have that of a file with their name in it.
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { contentIdOfBytes } from "./content-id.ts";
import type { Cid } from "./ids.ts";
import { type Parsed, parsed, unparsed } from "./parsed.ts";
import type { ArtifactRef } from "./work-message.ts";

/** An image by its digest. */
export interface ImageName {
  /** A host, with a port where it has one. */
  readonly registry: string;
  readonly repository: string;
  /** `sha256:` and 64 digits; of a manifest, or of an index of those. */
  readonly digest: string;
}

const HOST = /^(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)+|[a-z0-9-]+(?=:))(?::[1-9]\d{0,4})?$/;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const TAG = /:[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
/** Classes whose programs are images. */
const containerClasses: ReadonlySet<string> = new Set(["cpu-image", "gpu", "gpu-tolerant"]);
/** Registries take no longer ones. */
const NAME_LENGTH_MAX = 255;

/** Reads `registry.example/name@sha256:...`. */
export function parseImageName(text: string): Parsed<ImageName> {
  const [place = "", digest, ...rest] = text.split("@");
  if (digest === undefined) return unparsed(withoutDigest(text));
  if (rest.length > 0 || !DIGEST.test(digest))
    return unparsed('has a digest that is none: "@sha256:" is followed by 64 lower-case hexadecimal digits');
  const found = parseRepository(place);
  if (!found.ok) return found;
  return found.value.repository === ""
    ? unparsed("names a registry and no image: registry.example/name@sha256:...")
    : parsed({ ...found.value, digest });
}

/** Reads a registry with or without a repository behind it, which may be the beginning of one's name. */
export function parseRepository(text: string): Parsed<Pick<ImageName, "registry" | "repository">> {
  const [registry = "", ...path] = text.split("/");
  const example = "begin with the registry's host, as in registry.example/name";
  if (text.length > NAME_LENGTH_MAX) return unparsed(`has more than ${NAME_LENGTH_MAX} characters`);
  if (!HOST.test(registry)) return unparsed(`"${registry}" is no registry: ${example}`);
  const last = path.at(-1) ?? "";
  if (TAG.test(last))
    return unparsed(`has a tag beside its digest, which says it all: leave out "${TAG.exec(last)?.[0] ?? ""}"`);
  if (!path.every((part) => PATH.test(part)))
    return unparsed(`"${path.join("/")}" is no repository: lower-case letters and digits, with . _ - between them`);
  return parsed({ registry, repository: path.join("/") });
}

/** The one way to write it. */
export function formatImageName({ registry, repository, digest }: ImageName): string {
  return `${registry}/${repository}@${digest}`;
}

/** Whether a program's name is that of an image, and not of a file. */
export function isImageName(text: string): boolean {
  return text.includes("@");
}

/** The file that stands for an image where programs are named by content id. */
export function imageNameFile(name: ImageName): {
  readonly bytes: Uint8Array;
  readonly cid: Cid;
  readonly size: number;
} {
  const bytes = utf8ToBytes(`${formatImageName(name)}\n`);
  return { bytes, cid: contentIdOfBytes(bytes), size: bytes.length };
}

/** What is wrong with a program of this name and content in this class, or null. Programs that are files are none of our business. */
export function imageRefProblem(program: ArtifactRef, runtimeClass: string): string | null {
  if (!isImageName(program.name)) return null;
  const read = parseImageName(program.name);
  if (!read.ok) return read.problem;
  // Owners allow programs by content id and images by name: both must mean the same.
  const { cid, size } = imageNameFile(read.value);
  if (formatImageName(read.value) !== program.name || cid !== program.cid || size !== program.size)
    return `is not the file that stands for ${formatImageName(read.value)}`;
  return containerClasses.has(runtimeClass) ? null : `is an image, which class ${runtimeClass} can't run`;
}

function withoutDigest(text: string): string {
  const tagged = TAG.test(text.split("/").at(-1) ?? "") ? text : `${text}:TAG`;
  return `is not pinned: what a tag names may change between two workers. Write ${tagged.replace(TAG, "")}@sha256:..., which docker pull ${tagged} && docker inspect --format '{{index .RepoDigests 0}}' ${tagged} prints`;
}
