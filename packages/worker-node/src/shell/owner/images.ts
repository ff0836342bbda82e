// From where an owner lets images be pulled, out of the options.
import { flagName } from "@starling/node-kit";
import { isImageName, type Parsed, parseImageName, parseRepository } from "@starling/protocol";
import type { WorkerSettings } from "../../config.ts";
import type { ImagePlace } from "../../core/index.ts";

/** The options that say so. */
export type ImageSettings = Partial<Pick<WorkerSettings, "pullImages" | "allowImages">>;

/** The places, and everything that is wrong with the options. */
export interface ImagesWord {
  readonly images: readonly ImagePlace[];
  readonly problems: readonly string[];
}

/** Reads the list; without one nothing is pulled. */
export function imagesWord({ pullImages = [], allowImages }: ImageSettings): ImagesWord {
  const flag = flagName("pullImages");
  const read = pullImages.map(parsePlace);
  const problems = read.flatMap((one) => (one.ok ? [] : [`${flag}: ${one.problem}`]));
  if (read.length > 0 && allowImages !== true)
    problems.push(`${flag}: no images are run here, since ${flagName("allowImages")} is not given`);
  return { images: read.flatMap((one) => (one.ok ? [one.value] : [])), problems };
}

function parsePlace(text: string): Parsed<ImagePlace> {
  return isImageName(text) ? parseImageName(text) : parseRepository(text);
}
