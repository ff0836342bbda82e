// An image out of a registry: its parts come one after the other into a folder, each no larger than it says and with the digest that names it.
import { createHash } from "node:crypto";
import { mkdir, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ImageName } from "@starling/protocol";
import { inFile, type Stored } from "../stored.ts";
import type { ImageParts } from "./archive.ts";
import { IMAGE_BYTES_MAX } from "./layers.ts";
import {
  checkLayers,
  checkPlatform,
  type Descriptor,
  JSON_BYTES_MAX,
  manifestIn,
  parsedJson,
  partsIn,
  Refused,
  record,
} from "./manifest.ts";
import { RegistryError, Repository } from "./registry.ts";

/** How a pull is taken part in. */
export interface PullHooks {
  /** Told what the layers take on the disk, before any of them is fetched; throws where there is no room for them. */
  readonly reserve: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** Pulls into a folder of its own, which the caller removes. Throws `RegistryError`, or `Refused` for what no machine could pull. */
export async function pullImage(name: ImageName, folder: string, { reserve, signal }: PullHooks): Promise<ImageParts> {
  const repository = new Repository(name, signal);
  const manifest = await manifestOf(name, repository);
  const { config: configPart, layers } = partsIn(manifest);
  checkLayers(layers.length);
  const packedBytes = layers.reduce((sum, { size }) => sum + size, 0);
  if (packedBytes > IMAGE_BYTES_MAX)
    throw new Refused(
      "badProgram",
      `its layers have ${packedBytes} bytes packed; at most ${IMAGE_BYTES_MAX} are pulled`,
    );
  const config = record(parsedJson(await smallPart(configPart, repository.blob(configPart))), "its configuration");
  checkPlatform(config);
  reserve(packedBytes);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const stored = new Map<string, Stored>();
  for (const [i, layer] of layers.entries()) {
    if (stored.has(layer.digest)) continue;
    const path = join(folder, String(i));
    await writeChecked(path, layer, repository.blob(layer));
    stored.set(layer.digest, inFile(path, layer.size));
  }
  return { config, layers: layers.flatMap(({ digest }) => stored.get(digest) ?? []) };
}

/** An image's digest may be that of an index, with a manifest for each processor. */
async function manifestOf({ digest }: ImageName, repository: Repository) {
  const first = await smallPart({ digest }, repository.manifest({ digest }));
  const found = record(parsedJson(first), "the manifest");
  if (found.manifests === undefined) return found;
  return await manifestIn(first, (part) => smallPart(part, repository.manifest(part)));
}

/** A part that is held in memory; how large it is may only show as it comes. */
async function smallPart(
  { digest, size }: Pick<Descriptor, "digest"> & Partial<Descriptor>,
  body: AsyncIterable<Uint8Array>,
): Promise<Uint8Array> {
  const tooLarge = new Refused("badModule", `a part of it, ${digest}, is larger than ${JSON_BYTES_MAX} bytes`, {
    isPassing: true,
  });
  if (size !== undefined && size > JSON_BYTES_MAX) throw tooLarge;
  const most = size === undefined ? { bytes: JSON_BYTES_MAX, beyond: tooLarge } : asNamed({ digest, size });
  const pieces: Uint8Array[] = [];
  for await (const piece of checked(body, digest, most)) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function writeChecked(
  path: string,
  { digest, size }: Descriptor,
  body: AsyncIterable<Uint8Array>,
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    let written = 0;
    for await (const piece of checked(body, digest, asNamed({ digest, size }))) {
      await file.writeFile(piece);
      written += piece.length;
    }
    if (written !== size) throw new Refused("badModule", `the layer ${digest} has another size than its manifest says`);
  } finally {
    await file.close();
  }
}

interface Most {
  readonly bytes: number;
  /** What is thrown where more than that come. */
  readonly beyond: Error;
}

// Nobody has compared the digest of such bytes: that the image is at fault is not known.
function asNamed({ digest, size }: Descriptor): Most {
  const words = `what arrived from the registry as ${digest} is larger than the ${size} bytes that its manifest says`;
  return { bytes: size, beyond: new RegistryError(words) };
}

/** Passes pieces on; throws where there are more bytes than there may be, or others than the digest names. */
async function* checked(body: AsyncIterable<Uint8Array>, digest: string, most: Most): AsyncGenerator<Uint8Array> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > most.bytes) throw most.beyond;
    hash.update(piece);
    yield piece;
  }
  // Whoever sits between us and the registry may have changed it: others may be luckier.
  if (`sha256:${hash.digest("hex")}` !== digest)
    throw new RegistryError(`what arrived from the registry as ${digest} is something else`);
}
