// From a job's program to the image that is run: an archive of `docker save` or an OCI layout, of which the files are kept and little else.
import { createHash } from "node:crypto";
import { posix } from "node:path";
import { IMAGE_BYTES_MAX, type Layer, LayerError, lookThrough, uncompressed } from "./layers.ts";
import { TarError, tarEntries, tarOf } from "./tar.ts";

/** An image as it is run. Its volumes, users, health checks and names are left out: they would act outside of a task's limits. */
export interface Image {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly layers: readonly Layer[];
}

/** Why a program is none: `badModule` for bytes that are no image, `badProgram` for an image that can't be run here. */
export interface ImageRefusal {
  readonly kind: "badModule" | "badProgram";
  readonly message: string;
}

/** An image, or why there is none. */
export type ReadImage = { readonly kind: "image"; readonly image: Image } | ImageRefusal;

const LAYERS_MAX = 127;
/** Files and links of the archive itself, not of its layers. */
const PARTS_MAX = 4_096;
/** Of each list in a configuration. */
const WORDS_MAX = 1_024;

type Json = Readonly<Record<string, unknown>>;
type Files = ReadonlyMap<string, Uint8Array>;

class Refused extends Error {
  readonly kind: ImageRefusal["kind"];

  constructor(kind: ImageRefusal["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Reads an archive; what it says of itself is believed only where it is looked at again. */
export async function readImage(archive: Uint8Array): Promise<ReadImage> {
  try {
    const files = filesOf(archive);
    const parts = files.has("manifest.json") ? savedParts(files) : layoutParts(files);
    return { kind: "image", image: await imageOf(parts) };
  } catch (error) {
    if (error instanceof Refused) return { kind: error.kind, message: error.message };
    if (error instanceof LayerError) return { kind: "badProgram", message: error.message };
    if (error instanceof TarError) return { kind: "badModule", message: `no image archive: ${error.message}` };
    throw error;
  }
}

interface Parts {
  readonly config: Json;
  readonly layers: readonly Uint8Array[];
}

async function imageOf({ config, layers }: Parts): Promise<Image> {
  if (config.os !== "linux" || config.architecture !== "amd64") {
    const place = `${String(config.os)}/${String(config.architecture)}`;
    throw new Refused("badProgram", `it is an image for ${place}, not for linux/amd64`);
  }
  if (layers.length === 0 || layers.length > LAYERS_MAX)
    throw new Refused("badProgram", `it has ${layers.length} layers; 1 to ${LAYERS_MAX} can be run`);
  const diffIds = words(record(config.rootfs, "rootfs").diff_ids, "rootfs.diff_ids");
  const looked: Layer[] = [];
  let left = IMAGE_BYTES_MAX;
  for (const [i, packed] of layers.entries()) {
    const bytes = await uncompressed(packed, left);
    left -= bytes.length;
    const layer = await lookThrough(bytes);
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

/** The archive that Docker is given: one image under one name, with its layers and a configuration that says nothing but what they are. */
export function* archiveOf({ layers }: Image, name: string): Generator<Uint8Array> {
  const config = json({
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: layers.map(({ diffId }) => diffId) },
  });
  const configName = `${createHash("sha256").update(config).digest("hex")}.json`;
  const manifest = json([{ Config: configName, RepoTags: [name], Layers: layers.map((_, i) => `${i}.tar`) }]);
  yield* tarOf([
    { name: "manifest.json", content: manifest },
    { name: configName, content: config },
    ...layers.map(({ bytes }, i) => ({ name: `${i}.tar`, content: bytes })),
  ]);
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Files by name; a link within the archive, as `docker save` writes for equal layers, is the file that it points to. */
function filesOf(archive: Uint8Array): Files {
  const files = new Map<string, Uint8Array>();
  const links: (readonly [string, string])[] = [];
  let parts = 0;
  for (const { name, type, link, content } of tarEntries(archive)) {
    parts += 1;
    if (parts > PARTS_MAX) throw new TarError(`it has more than ${PARTS_MAX} entries`);
    if (type === "0") files.set(name, content);
    else if (type === "2") links.push([name, posix.join(posix.dirname(name), link)]);
    else if (type === "1") links.push([name, link]);
  }
  for (const [name, target] of links) {
    const content = files.get(target);
    if (content !== undefined) files.set(name, content);
  }
  if (files.size === 0) throw new TarError("it has no files");
  return files;
}

function savedParts(files: Files): Parts {
  const list = parsed(fileAt(files, "manifest.json"));
  if (!Array.isArray(list) || list.length !== 1) throw new Refused("badProgram", "it must hold exactly one image");
  const { Config, Layers } = record(list[0], "manifest.json");
  return {
    config: record(parsed(fileAt(files, String(Config))), "its configuration"),
    layers: words(Layers, "Layers").map((name) => fileAt(files, name)),
  };
}

function layoutParts(files: Files): Parts {
  if (!files.has("index.json")) throw new Refused("badModule", "it has neither manifest.json nor index.json");
  const manifest = manifestIn(files, fileAt(files, "index.json"), 2);
  const layers = Array.isArray(manifest.layers) ? manifest.layers : [];
  return {
    config: record(parsed(blob(files, record(manifest.config, "the manifest's config"))), "its configuration"),
    layers: layers.map((one) => blob(files, record(one, "a layer"))),
  };
}

/** An index may point to another one, with a manifest for each processor. */
function manifestIn(files: Files, index: Uint8Array, depth: number): Json {
  const { manifests } = record(parsed(index), "index.json");
  const all = (Array.isArray(manifests) ? manifests : []).map((one) => record(one, "index.json"));
  const fitting = all.filter(({ platform }) => {
    if (platform === undefined) return true;
    const { os, architecture } = record(platform, "platform");
    return os === "linux" && architecture === "amd64";
  });
  const [one] = fitting;
  if (one === undefined || fitting.length !== 1)
    throw new Refused("badProgram", `it holds ${fitting.length} images for linux/amd64; there must be one`);
  const content = blob(files, one);
  const found = record(parsed(content), "the manifest");
  if (found.manifests === undefined) return found;
  if (depth === 0) throw new Refused("badModule", "its indexes go too deep");
  return manifestIn(files, content, depth - 1);
}

function blob(files: Files, descriptor: Json): Uint8Array {
  return fileAt(files, `blobs/${String(descriptor.digest).replace(":", "/")}`);
}

function fileAt(files: Files, name: string): Uint8Array {
  const content = files.get(name);
  if (content === undefined) throw new Refused("badModule", `the archive has no file ${name.slice(0, 100)}`);
  return content;
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refused("badModule", "a part of it is no JSON");
  }
}

function record(found: unknown, what: string): Json {
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found as Json;
  throw new Refused("badModule", `${what} is malformed`);
}

function words(found: unknown, what: string): readonly string[] {
  if (found === undefined || found === null) return [];
  if (Array.isArray(found) && found.length <= WORDS_MAX && found.every((one) => typeof one === "string")) return found;
  throw new Refused("badModule", `${what} must be a list of texts`);
}
