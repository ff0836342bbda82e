// Images that Docker has been given, kept for the next task of the same program, and removed when others need the room.
import type { DockerEngine } from "@starling/node-kit";
import { archiveOf, type Image, type ImageRefusal, readImage } from "./image.ts";
import { namesUsers } from "./layers.ts";

/** Of all images of one worker together, unpacked. */
const BYTES_MAX = 16 * 1024 ** 3;
const IMAGES_MAX = 64;

/** An image with the name under which Docker has it. */
export interface LoadedImage {
  readonly kind: "loaded";
  readonly name: string;
  readonly image: Image;
}

/** What came of loading an image; `unsafe` ones can't be run on this machine alone. */
export type Loading = LoadedImage | ImageRefusal | { readonly kind: "unsafe"; readonly message: string };

/** The images of one executor. */
export class Images {
  readonly #engine: DockerEngine;
  readonly #repository: string;
  readonly #usersPrefix: string;
  readonly #known = new Map<string, Promise<Loading>>();
  readonly #digestOf = new Map<string, string>();
  /** One image is unpacked in memory and given to Docker at a time. */
  #last: Promise<unknown> = Promise.resolve();
  /** Names with their sizes, the least recently used first. */
  readonly #kept = new Map<string, number>();
  readonly #inUse = new Map<string, number>();

  /** `usersPrefix` begins the numbers of all users that tasks may run as. */
  constructor(engine: DockerEngine, { key, usersPrefix }: { readonly key: string; readonly usersPrefix: string }) {
    this.#engine = engine;
    this.#repository = `starling-${key}`;
    this.#usersPrefix = usersPrefix;
  }

  /** The image of a program, loaded where it was not; `release` its name when its container is gone. */
  async load(digest: string, program: Uint8Array, signal: AbortSignal): Promise<Loading> {
    const known = this.#known.get(digest) ?? this.#start(digest, program, signal);
    const loading = await known;
    if (loading.kind === "loaded") this.#use(loading);
    return loading;
  }

  release({ name }: LoadedImage): void {
    this.#inUse.set(name, (this.#inUse.get(name) ?? 1) - 1);
  }

  /** Removes those of earlier lives; for the start and the end. */
  async sweep(signal: AbortSignal): Promise<void> {
    for (const name of await this.#engine.imagesOf(this.#repository, signal))
      await this.#engine.removeImage(name, signal);
  }

  // A failure of the machine is tried again, what an image is stays.
  #start(digest: string, program: Uint8Array, signal: AbortSignal): Promise<Loading> {
    const loading = this.#last.then(() => this.#loaded(digest, program, signal));
    this.#last = loading.catch(() => undefined);
    this.#known.set(digest, loading);
    loading.catch(() => this.#known.delete(digest));
    return loading;
  }

  async #loaded(digest: string, program: Uint8Array, signal: AbortSignal): Promise<Loading> {
    signal.throwIfAborted();
    const read = await readImage(program);
    if (read.kind !== "image") return read;
    const { image } = read;
    for (const { bytes } of image.layers) {
      if (await namesUsers(bytes, this.#usersPrefix))
        return { kind: "unsafe", message: "the image has a file that may name this machine's users of tasks" };
    }
    const name = `${this.#repository}:${digest.replace(/[^A-Za-z0-9]/g, "").slice(-64)}`;
    await this.#makeRoom(signal);
    await this.#engine.loadImage(archiveOf(image, name), signal);
    const size = image.layers.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#kept.set(name, size);
    this.#digestOf.set(name, digest);
    // Docker has them now.
    return { kind: "loaded", name, image: { ...image, layers: [] } };
  }

  #use({ name }: LoadedImage): void {
    this.#inUse.set(name, (this.#inUse.get(name) ?? 0) + 1);
    const size = this.#kept.get(name) ?? 0;
    this.#kept.delete(name);
    this.#kept.set(name, size);
  }

  async #makeRoom(signal: AbortSignal): Promise<void> {
    const total = (): number => [...this.#kept.values()].reduce((sum, size) => sum + size, 0);
    for (const name of [...this.#kept.keys()]) {
      if (this.#kept.size < IMAGES_MAX && total() <= BYTES_MAX) return;
      if ((this.#inUse.get(name) ?? 0) > 0) continue;
      // From now on nobody can be given it.
      this.#kept.delete(name);
      this.#known.delete(this.#digestOf.get(name) ?? "");
      this.#digestOf.delete(name);
      await this.#engine.removeImage(name, signal);
    }
  }
}
