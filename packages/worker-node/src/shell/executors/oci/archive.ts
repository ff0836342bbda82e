// The parts of an image in a job's archive, as `docker save` or an OCI layout has them.
import { posix } from "node:path";
import { partOf, readWhole, type Stored } from "../stored.ts";
import {
  type Descriptor,
  JSON_BYTES_MAX,
  manifestIn,
  parsedJson,
  partsIn,
  Refused,
  record,
  words,
} from "./manifest.ts";
import { TarError } from "./tar.ts";
import { tarEntries } from "./tar-reader.ts";

/** Files and links of the archive itself, not of its layers. */
const PARTS_MAX = 4_096;

/** What an image is made of, before it is looked through. */
export interface ImageParts {
  readonly config: unknown;
  /** Packed or plain. */
  readonly layers: readonly Stored[];
}

type Files = ReadonlyMap<string, Stored>;

/** Finds the parts; throws `TarError` or `Refused`. */
export async function archiveParts(archive: Stored): Promise<ImageParts> {
  const files = await filesOf(archive);
  return files.has("manifest.json") ? await savedParts(files) : await layoutParts(files);
}

/** Files by name; a link within the archive, as `docker save` writes for equal layers, is the file that it points to. */
async function filesOf(archive: Stored): Promise<Files> {
  const files = new Map<string, Stored>();
  const links: (readonly [string, string])[] = [];
  let parts = 0;
  for await (const { name, type, link, at, size } of tarEntries(archive.read())) {
    parts += 1;
    if (parts > PARTS_MAX) throw new TarError(`it has more than ${PARTS_MAX} entries`);
    if (type === "0") files.set(name, partOf(archive, at, size));
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

async function savedParts(files: Files): Promise<ImageParts> {
  const list = parsedJson(await smallFile(files, "manifest.json"));
  if (!Array.isArray(list) || list.length !== 1) throw new Refused("badProgram", "it must hold exactly one image");
  const { Config, Layers } = record(list[0], "manifest.json");
  return {
    config: parsedJson(await smallFile(files, String(Config))),
    layers: words(Layers, "Layers").map((name) => fileAt(files, name)),
  };
}

async function layoutParts(files: Files): Promise<ImageParts> {
  if (!files.has("index.json")) throw new Refused("badModule", "it has neither manifest.json nor index.json");
  const blob = (part: Descriptor): Promise<Uint8Array> => smallFile(files, blobName(part));
  const { config, layers } = partsIn(await manifestIn(await smallFile(files, "index.json"), blob));
  return { config: parsedJson(await blob(config)), layers: layers.map((layer) => fileAt(files, blobName(layer))) };
}

function blobName({ digest }: Descriptor): string {
  return `blobs/${digest.replace(":", "/")}`;
}

async function smallFile(files: Files, name: string): Promise<Uint8Array> {
  const content = await readWhole(fileAt(files, name), JSON_BYTES_MAX);
  if (content === null) throw new Refused("badModule", `${name.slice(0, 100)} in it is too large`);
  return content;
}

function fileAt(files: Files, name: string): Stored {
  const content = files.get(name);
  if (content === undefined) throw new Refused("badModule", `the archive has no file ${name.slice(0, 100)}`);
  return content;
}
