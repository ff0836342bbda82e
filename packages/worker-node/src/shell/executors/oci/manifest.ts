// Parts of an image that are read as JSON: what they say is believed only in form, and everything that they name is looked at again.

/** Why a program is none: `badModule` for bytes that are no image, `badProgram` for an image that can't be run here. */
export interface ImageRefusal {
  readonly kind: "badModule" | "badProgram";
  readonly message: string;
  /** It is true of a registry at a moment, and not of the image wherever it is. */
  readonly isPassing?: true;
}

/** The same as an error, on the way to whoever tells it. */
export class Refused extends Error {
  readonly refusal: ImageRefusal;

  constructor(kind: ImageRefusal["kind"], message: string, more: Pick<ImageRefusal, "isPassing"> = {}) {
    super(message);
    this.refusal = { kind, message, ...more };
  }
}

/** Of a manifest, an index or a configuration: held in memory, and larger once it is parsed. */
export const JSON_BYTES_MAX = 1_048_576;
/** Of each list in a configuration. */
const WORDS_MAX = 1_024;

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** What an index or a manifest names a part by. */
export interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** Parses a part; throws `Refused`. */
export function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new Refused("badModule", "a part of it is no JSON");
  }
}

/** An object; throws `Refused`. */
export function record(found: unknown, what: string): Json {
  if (typeof found === "object" && found !== null && !Array.isArray(found)) return found as Json;
  throw new Refused("badModule", `${what} is malformed`);
}

/** A list of texts, empty where there is none; throws `Refused`. */
export function words(found: unknown, what: string): readonly string[] {
  if (found === undefined || found === null) return [];
  if (Array.isArray(found) && found.length <= WORDS_MAX && found.every((one) => typeof one === "string")) return found;
  throw new Refused("badModule", `${what} must be a list of texts`);
}

/** What names a part; throws `Refused`. */
function descriptor(found: unknown, what: string): Descriptor {
  const { digest, size } = record(found, what);
  if (typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest) && Number.isSafeInteger(size)) {
    const bytes = Number(size);
    if (bytes >= 0) return { digest, size: bytes };
  }
  throw new Refused("badModule", `${what} has no digest of SHA-256 or no size`);
}

/** Indexes may point to others, with a manifest for each processor. */
const INDEX_DEPTH_MAX = 2;

/** Follows an index to the manifest for this machine; `blob` gets a part by its digest. */
export async function manifestIn(
  index: Uint8Array,
  blob: (part: Descriptor) => Promise<Uint8Array>,
  depth = INDEX_DEPTH_MAX,
): Promise<Json> {
  const { manifests } = record(parsedJson(index), "the index");
  const all = (Array.isArray(manifests) ? manifests : []).map((one) => record(one, "the index"));
  const fitting = all.filter(({ platform }) => {
    if (platform === undefined) return true;
    const { os, architecture } = record(platform, "platform");
    return os === "linux" && architecture === "amd64";
  });
  const [one] = fitting;
  if (one === undefined || fitting.length !== 1)
    throw new Refused("badProgram", `it holds ${fitting.length} images for linux/amd64; there must be one`);
  const content = await blob(descriptor(one, "the index"));
  const found = record(parsedJson(content), "the manifest");
  if (found.manifests === undefined) return found;
  if (depth === 0) throw new Refused("badModule", "its indexes go too deep");
  return await manifestIn(content, blob, depth - 1);
}

/** The configuration and the layers that a manifest names; throws `Refused`. */
export function partsIn(manifest: Json): { readonly config: Descriptor; readonly layers: readonly Descriptor[] } {
  const layers = Array.isArray(manifest.layers) ? manifest.layers : [];
  return {
    config: descriptor(manifest.config, "the manifest's configuration"),
    layers: layers.map((one) => descriptor(one, "a layer")),
  };
}

/** Docker stacks no more than 125, and one is ours. */
const LAYERS_MAX = 124;

/** Throws `Refused` where an image has more layers than can be run, or none. */
export function checkLayers(count: number): void {
  if (count === 0 || count > LAYERS_MAX)
    throw new Refused("badProgram", `it has ${count} layers; 1 to ${LAYERS_MAX} can be run`);
}

/** Throws `Refused` for an image of another machine. */
export function checkPlatform(config: Json): void {
  if (config.os === "linux" && config.architecture === "amd64") return;
  const place = `${String(config.os)}/${String(config.architecture)}`.slice(0, 100);
  throw new Refused("badProgram", `it is an image for ${place}, not for linux/amd64`);
}
