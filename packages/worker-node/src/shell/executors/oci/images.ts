// Images that Docker has been given, kept for the next task of the same program, and removed when others need the room.
import { statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DockerEngine } from "@starling/node-kit";
import { formatImageName, type ImageName } from "@starling/protocol";
import type { Stored } from "../stored.ts";
import { archiveParts, type ImageParts } from "./archive.ts";
import { aborted, within } from "./container.ts";
import { archiveOf, diskBytesOf, type Image, imageOf, refusalOf } from "./image.ts";
import type { ImageRefusal } from "./manifest.ts";
import { pullImage } from "./pull.ts";
import { RegistryError } from "./registry.ts";

/** Of all images of one worker together, unpacked. */
const BYTES_MAX = 32 * 1024 ** 3;
const IMAGES_MAX = 64;
/** Images that are under way or refused. Whoever waits for one that is forgotten gets it all the same. */
const KNOWN_MAX = 1_024;
/** Packed: four payers' largest images. */
const PULLED_BYTES_MAX = 8 * 1024 ** 3;
/** What must be free on Docker's disk beside an image. */
const DISK_BYTES_FREE = 64 * 1024 ** 2;
/** Unpacking a large image takes its time, and Docker may hang. */
const LOAD_TIMEOUT_MS = 600_000;
/** So long somebody's registry may take: less than what coordinators add to a lease for it. */
const PULL_TIMEOUT_MS = 240_000;

/** Where an image comes from: an archive with its content id, or a registry. */
export type ImageSource =
  | { readonly kind: "archive"; readonly digest: string; readonly archive: Stored }
  | { readonly kind: "registry"; readonly name: ImageName };

/** An image with the name under which Docker has it. */
export interface LoadedImage {
  readonly kind: "loaded";
  readonly name: string;
  readonly image: Image;
}

/** What came of loading an image. */
export type Loading = LoadedImage | ImageRefusal | { readonly kind: "unreachable"; readonly message: string };

/** An image that Docker has. */
interface Kept {
  readonly loaded: LoadedImage;
  readonly diskBytes: number;
}

/** How the images of an executor are told from others', and where they are put down. */
export interface ImagesOptions {
  /** In the name of each: others' images are never touched. */
  readonly key: string;
  /** For what is pulled, until Docker has it. */
  readonly folder: string;
  /** Docker's own, where it unpacks images. */
  readonly rootFolder: string;
  /** Ends everything that is under way. */
  readonly signal: AbortSignal;
  readonly pullTimeoutMs?: number | undefined;
  /** Of all that is pulled and not with Docker yet, packed. */
  readonly pulledBytesMax?: number;
}

type ImageEngine = Pick<DockerEngine, "loadImage" | "removeImage">;

/** Who waits for an image: whoever waits no more is not pulled for. */
export interface Waiting {
  readonly payer: string;
  readonly signal: AbortSignal;
}

/** One image on its way, for all who wait for it. */
interface Load {
  readonly loading: Promise<Loading>;
  /** Aborted when nobody waits any more. */
  readonly ending: AbortController;
  waiting: number;
  isOver: boolean;
}

/** The images of one executor. */
export class Images {
  readonly #engine: ImageEngine;
  readonly #repository: string;
  readonly #options: ImagesOptions;
  /** Those that are under way, and what is wrong with others, by where they come from: one registry may lack what another has. */
  readonly #known = new Map<string, Load>();
  readonly #underWay = new Set<Promise<Loading>>();
  /** One is given to Docker at a time, and one pulled for each payer: whose registry is slow keeps himself waiting. */
  readonly #loads = new Line();
  readonly #pulls = new Map<string, Line>();
  #pulledBytes = 0;
  /** By digest, the least recently used first. */
  readonly #kept = new Map<string, Kept>();
  #pullCount = 0;
  /** Tasks that wait for an image or have it. */
  readonly #wanted = new Map<string, number>();

  constructor(engine: ImageEngine, options: ImagesOptions) {
    this.#engine = engine;
    this.#repository = repositoryOf(options.key);
    this.#options = options;
  }

  /** An image, loaded where it was not; whoever is given one calls `release` when its container is gone. Rejects when the signal aborts. */
  async load(source: ImageSource, waiting: Waiting): Promise<Loading> {
    const digest = digestOf(source);
    this.#count(digest, 1);
    try {
      const loading = this.#there(digest) ?? (await this.#waited(source, waiting));
      if (loading.kind !== "loaded") this.#count(digest, -1);
      return loading;
    } catch (error) {
      this.#count(digest, -1);
      throw error;
    }
  }

  release(source: ImageSource): void {
    this.#count(digestOf(source), -1);
  }

  /** Resolves when nothing is pulled or loaded any more. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  async #waited(source: ImageSource, { payer, signal }: Waiting): Promise<Loading> {
    signal.throwIfAborted();
    const key = keyOf(source, payer);
    const load = this.#known.get(key) ?? this.#start(source, payer);
    load.waiting += 1;
    try {
      return await Promise.race([load.loading, aborted(signal)]);
    } finally {
      load.waiting -= 1;
      if (load.waiting === 0 && !load.isOver) {
        // Whoever comes now begins anew.
        this.#forget(key, load);
        load.ending.abort();
      }
    }
  }

  // Only what an image is in itself stays as it is.
  #start(source: ImageSource, payer: string): Load {
    const key = keyOf(source, payer);
    const ending = new AbortController();
    const load: Load = {
      loading: this.#loaded(source, { payer, signal: ending.signal }),
      ending,
      waiting: 0,
      isOver: false,
    };
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(key, load);
    this.#underWay.add(load.loading);
    const over = (found: Loading | null): void => {
      load.isOver = true;
      this.#underWay.delete(load.loading);
      const stays =
        found !== null && found.kind !== "loaded" && found.kind !== "unreachable" && found.isPassing !== true;
      if (!stays) this.#forget(key, load);
    };
    load.loading.then(over, () => over(null));
    return load;
  }

  #forget(key: string, load: Load): void {
    if (this.#known.get(key) === load) this.#known.delete(key);
  }

  async #loaded(source: ImageSource, waiting: Waiting): Promise<Loading> {
    try {
      return source.kind === "archive"
        ? await this.#give(source, { parts: () => archiveParts(source.archive), signal: waiting.signal })
        : await this.#inLine(waiting.payer, () => this.#pulled(source, waiting.signal));
    } catch (error) {
      if (error instanceof RegistryError || error instanceof NoRoom)
        return { kind: "unreachable", message: error.message };
      const refusal = refusalOf(error);
      if (refusal !== null) return refusal;
      throw error;
    }
  }

  async #inLine(payer: string, work: () => Promise<Loading>): Promise<Loading> {
    const line = this.#pulls.get(payer) ?? new Line();
    this.#pulls.set(payer, line);
    try {
      return await line.run(work);
    } finally {
      if (line.isEmpty) this.#pulls.delete(payer);
    }
  }

  async #pulled(source: Extract<ImageSource, { kind: "registry" }>, wanted: AbortSignal): Promise<Loading> {
    const signal = AbortSignal.any([wanted, this.#options.signal]);
    signal.throwIfAborted();
    const there = this.#there(digestOf(source));
    if (there !== null) return there;
    const { pullTimeoutMs = PULL_TIMEOUT_MS } = this.#options;
    let reserved = 0;
    const reserve = (bytes: number): void => {
      this.#checkPulled(bytes);
      reserved = bytes;
      this.#pulledBytes += bytes;
    };
    this.#pullCount += 1;
    const folder = join(this.#options.folder, String(this.#pullCount));
    try {
      const parts = await within(
        pullTimeoutMs,
        (limit) => pullImage(source.name, folder, { reserve, signal: limit }),
        signal,
      );
      return await this.#give(source, { parts: async () => parts, signal });
    } finally {
      await rm(folder, { recursive: true, force: true });
      this.#pulledBytes -= reserved;
    }
  }

  // What Docker has begun to take it is given to the end.
  #give(
    source: ImageSource,
    { parts, signal: wanted }: { readonly parts: () => Promise<ImageParts>; readonly signal: AbortSignal },
  ): Promise<Loading> {
    return this.#loads.run(async () => {
      this.#options.signal.throwIfAborted();
      wanted.throwIfAborted();
      // It may have come from elsewhere meanwhile.
      const there = this.#there(digestOf(source));
      if (there !== null) return there;
      const image = await imageOf(await parts());
      const digest = digestOf(source);
      const name = `${this.#repository}:${digest.replace(/[^A-Za-z0-9]/g, "").slice(-64)}`;
      const diskBytes = diskBytesOf(image);
      await within(
        LOAD_TIMEOUT_MS,
        async (signal) => {
          await this.#makeRoom(diskBytes, signal);
          this.#checkDisk(diskBytes);
          await this.#engine.loadImage(archiveOf(image, name), signal).catch((error: unknown) => {
            this.#checkDisk(0);
            throw error;
          });
        },
        this.#options.signal,
      );
      // Docker has its layers now.
      const loaded: LoadedImage = { kind: "loaded", name, image: { ...image, layers: [] } };
      this.#kept.set(digest, { loaded, diskBytes });
      return loaded;
    });
  }

  /** Throws where so much more is not pulled now: neither the image is at fault nor the machine. */
  #checkPulled(bytes: number): void {
    const { folder, pulledBytesMax = PULLED_BYTES_MAX } = this.#options;
    const { bavail, bsize } = statfsSync(dirname(folder));
    const isFull = this.#pulledBytes + bytes > pulledBytesMax || bavail * bsize < bytes + DISK_BYTES_FREE;
    if (isFull)
      throw new NoRoom(`there is no room here for the ${bytes} bytes of the image beside what else is pulled`);
  }

  /** Throws where the disk is full, which is no fault of the image's. */
  #checkDisk(bytes: number): void {
    const { bavail, bsize } = statfsSync(this.#options.rootFolder);
    if (bavail * bsize < bytes + DISK_BYTES_FREE) throw new Error("there is no room for the image on Docker's disk");
  }

  /** One that Docker has, from now on the last used; else null. */
  #there(digest: string): LoadedImage | null {
    const kept = this.#kept.get(digest);
    if (kept === undefined) return null;
    this.#kept.delete(digest);
    this.#kept.set(digest, kept);
    return kept.loaded;
  }

  #count(digest: string, change: 1 | -1): void {
    const count = (this.#wanted.get(digest) ?? 0) + change;
    if (count > 0) this.#wanted.set(digest, count);
    else this.#wanted.delete(digest);
  }

  async #makeRoom(bytes: number, signal: AbortSignal): Promise<void> {
    const total = (): number => [...this.#kept.values()].reduce((sum, { diskBytes }) => sum + diskBytes, bytes);
    for (const [digest, { loaded }] of [...this.#kept]) {
      if (this.#kept.size < IMAGES_MAX && total() <= BYTES_MAX) return;
      if (this.#wanted.has(digest)) continue;
      // From now on nobody can be given it.
      this.#kept.delete(digest);
      await this.#engine.removeImage(loaded.name, signal);
    }
  }
}

/** Removes the images of earlier lives; for the start and the end. */
export async function sweepImages(engine: DockerEngine, key: string, signal: AbortSignal): Promise<void> {
  for (const name of await engine.imagesOf(repositoryOf(key), signal)) await engine.removeImage(name, signal);
}

function repositoryOf(key: string): string {
  return `starling-${key}`;
}

// Nobody waits in another payer's line, also for the same image.
function keyOf(source: ImageSource, payer: string): string {
  return source.kind === "archive" ? source.digest : `${payer} ${formatImageName(source.name)}`;
}

class NoRoom extends Error {
  override readonly name = "NoRoom";
}

function digestOf(source: ImageSource): string {
  return source.kind === "archive" ? source.digest : source.name.digest;
}

/** Work that is done one after the other. */
class Line {
  #last: Promise<unknown> = Promise.resolve();
  #length = 0;

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    this.#length += 1;
    const done = this.#last.then(work).finally(() => {
      this.#length -= 1;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}
