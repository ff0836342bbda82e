// From the parts of an image to the image that is run: its layers are looked through, and little of its configuration is kept.
import { createHash } from "node:crypto";
import { inMemory } from "../stored.ts";
import type { ImageParts } from "./archive.ts";
import { IMAGE_BYTES_MAX, type Layer, LayerError, lookThrough } from "./layers.ts";
import { checkLayers, checkPlatform, type ImageRefusal, Refused, record, words } from "./manifest.ts";
import { ownLayer } from "./own-layer.ts";
import { TarError, tarOfStored } from "./tar.ts";

/** An image as it is run. Its volumes, users, health checks and names are left out: they would act outside of a task's limits. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly layers: readonly Layer[];
}

/** Why there is no image, where an error says that; else null, since something else is broken. */
export function refusalOf(error: unknown): ImageRefusal | null {
  if (error instanceof Refused) return error.refusal;
  if (error instanceof LayerError) return { kind: "badProgram", message: error.message };
  if (error instanceof TarError) return { kind: "badModule", message: `no image archive: ${error.message}` };
  return null;
}

/**
 * The image that is made of these parts; what it says of itself is believed only where it is looked at again. Throws what `refusalOf` takes.
 */
export async function imageOf({ config: found, layers }: ImageParts): Promise<Image> {
  const config = record(found, "its configuration");
  checkPlatform(config);
  checkLayers(layers.length);
  const diffIds = words(record(config.rootfs, "rootfs").diff_ids, "rootfs.diff_ids");
  const looked: Layer[] = [];
  let left = IMAGE_BYTES_MAX;
  for (const [i, packed] of layers.entries()) {
    const layer = await lookThrough(packed, left);
    left -= layer.diskBytes;
    if (layer.diffId !== diffIds[i]) throw new Refused("badModule", `layer ${i} is not the one of its configuration`);
    looked.push(layer);
  }
  const { Entrypoint, Cmd, Env, WorkingDir } = config.config === undefined ? {} : record(config.config, "config");
  const variables = words(Env, "Env")
    .filter((line) => line.indexOf("=") > 0)
    .map((line) => line.split("=", 1).concat(line.slice(line.indexOf("=") + 1)));
  return {
    entrypoint: words(Entrypoint, "Entrypoint"),
    command: words(Cmd, "Cmd"),
    env: Object.fromEntries(variables.map(([name = "", value = ""]) => [name, value])),
    directory: typeof WorkingDir === "string" && WorkingDir.startsWith("/") ? WorkingDir : "/",
    layers: looked,
  };
}

/** What an image takes of the disk once Docker has unpacked it. */
export function diskBytesOf({ layers }: Image): number {
  return layers.reduce((sum, { diskBytes }) => sum + diskBytes, 0);
}

/** The archive that Docker is given: one image under one name, with its layers, ours above them, and a configuration that says nothing but what they are. */
export async function* archiveOf(image: Image, name: string): AsyncGenerator<Uint8Array> {
  const layers = [...image.layers, await ownLayer()];
  const config = json({
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const configName = `${createHash("sha256").update(config).digest("hex")}.json`;
  const manifest = json([{ Config: configName, RepoTags: [name], Layers: layers.map((_, i) => `${i}.tar`) }]);
  yield* tarOfStored([
    { name: "manifest.json", content: inMemory(manifest) },
    { name: configName, content: inMemory(config) },
    ...layers.map(({ content }, i) => ({ name: `${i}.tar`, content })),
  ]);
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
