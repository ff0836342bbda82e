// Root file systems that were unpacked on this machine, by the content id of their archive: kept for the next task, looked at before they are
// used, and removed when others need the room.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { mkdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { TaskRoot } from "../../executor.ts";
import { RootError, removeTree, treeDigest } from "./tree.ts";
import { treeIn, unpackRoot } from "./unpack.ts";

/** A root that was looked at is believed for so long: whoever can change it meanwhile owns the machine, and disks forget slowly. */
const BELIEVED_MS = 600_000;
/** Written when a root is complete; without it a folder is what a crash left. */
const SEAL_FILE = "seal.json";
/** Refusals that are remembered, so that a bad archive is unpacked once and not by each of a job's tasks. */
const REFUSALS_MAX = 1_000;

/** Options of the cache. */
export interface RootsOptions {
  /** A folder for it alone. */
  readonly folder: string;
  /** All roots together. */
  readonly bytesMax: number;
  /** Milliseconds of a clock that only rises. */
  readonly now: () => number;
}

/** A root that a task may have, or a sentence that says why no machine gives it to any task. */
export type FoundRoot =
  | { readonly kind: "root"; readonly tree: string; readonly release: () => void }
  | { readonly kind: "refused"; readonly message: string };

interface Kept {
  readonly folder: string;
  readonly digest: string;
  readonly bytes: number;
  users: number;
  /** When it was last looked at in this life. */
  seenAt: number | null;
}

/** A root for which there is no room in what the owner lends; others may lend more, and nobody is to blame. */
export class RoomError extends Error {
  override readonly name = "RoomError";
}

/** The cache. */
export class Roots {
  readonly #options: RootsOptions;
  /** By content id, the least recently used first. */
  readonly #kept = new Map<string, Kept>();
  readonly #refused = new Map<string, string>();
  /** One root is unpacked or looked at at a time. */
  #last: Promise<unknown> = Promise.resolve();
  #unpacked = 0;

  /** Finds what an earlier life has kept, and removes what it has not finished. */
  constructor(options: RootsOptions) {
    this.#options = options;
    const { folder } = options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const found: { readonly name: string; readonly kept: Kept; readonly usedAt: number }[] = [];
    for (const name of readdirSync(folder)) {
      const kept = keptIn(join(folder, name));
      if (kept === null) rmSync(join(folder, name), { recursive: true, force: true });
      else found.push({ name, kept, usedAt: statSync(join(folder, name, SEAL_FILE)).mtimeMs });
    }
    for (const { name, kept } of found.sort((a, b) => a.usedAt - b.usedAt)) this.#kept.set(`cid:${name}`, kept);
  }

  /** A root, unpacked where it is not; rejects where this machine fails. Release it when its sandbox is gone. */
  async use(root: TaskRoot, signal: AbortSignal): Promise<FoundRoot> {
    const message = this.#refused.get(root.digest);
    if (message !== undefined) return { kind: "refused", message };
    const ready = this.#believed(root.digest);
    if (ready !== null) return this.#lend(root.digest, ready);
    const turn = this.#last.then(() => this.#found(root, signal));
    this.#last = turn.catch(() => undefined);
    try {
      return await unlessStopped(turn, signal);
    } catch (error) {
      // Whoever was stopped does not wait for the turns of others, and has no use for what his own brings.
      turn.then(
        (found) => found.kind === "root" && found.release(),
        () => undefined,
      );
      throw error;
    }
  }

  // Lent within its turn: the next one may need the room.
  async #found(root: TaskRoot, signal: AbortSignal): Promise<FoundRoot> {
    try {
      return this.#lend(root.digest, await this.#prepare(root, signal));
    } catch (error) {
      if (!(error instanceof RootError)) throw error;
      const [oldest] = this.#refused.keys();
      if (this.#refused.size >= REFUSALS_MAX && oldest !== undefined) this.#refused.delete(oldest);
      this.#refused.set(root.digest, error.message);
      return { kind: "refused", message: error.message };
    }
  }

  #believed(digest: string): Kept | null {
    const kept = this.#kept.get(digest);
    if (kept === undefined || kept.seenAt === null) return null;
    return kept.users > 0 || this.#options.now() - kept.seenAt < BELIEVED_MS ? kept : null;
  }

  async #prepare(root: TaskRoot, signal: AbortSignal): Promise<Kept> {
    signal.throwIfAborted();
    const ready = this.#believed(root.digest);
    if (ready !== null) return ready;
    const kept = this.#kept.get(root.digest);
    if (kept !== undefined) {
      if ((await treeDigest(treeIn(kept.folder), signal)) === kept.digest) {
        kept.seenAt = this.#options.now();
        return kept;
      }
      this.#kept.delete(root.digest);
      await remove(kept.folder);
    }
    return await this.#unpack(root, signal);
  }

  async #unpack(root: TaskRoot, signal: AbortSignal): Promise<Kept> {
    this.#unpacked += 1;
    const folder = join(this.#options.folder, `unpacking-${this.#unpacked}`);
    const final = join(this.#options.folder, root.digest.replace(/^cid:/, ""));
    await mkdir(folder, { mode: 0o700 });
    try {
      const makeRoom = (bytes: number): Promise<void> => this.#makeRoom(bytes);
      const bytes = await unpackRoot({ archive: root.open(signal), folder, makeRoom, signal });
      const digest = await treeDigest(treeIn(folder), signal);
      writeFileSync(join(folder, SEAL_FILE), JSON.stringify({ digest, bytes }));
      renameSync(folder, final);
      const kept: Kept = { folder: final, digest, bytes, users: 0, seenAt: this.#options.now() };
      this.#kept.set(root.digest, kept);
      return kept;
    } finally {
      await removeTree(folder);
    }
  }

  #lend(digest: string, kept: Kept): FoundRoot {
    kept.users += 1;
    this.#kept.delete(digest);
    this.#kept.set(digest, kept);
    let isHeld = true;
    const release = (): void => {
      if (isHeld) kept.users -= 1;
      isHeld = false;
    };
    const now = new Date();
    // Only tells the next life which was used last.
    utimes(join(kept.folder, SEAL_FILE), now, now).catch(() => undefined);
    return { kind: "root", tree: treeIn(kept.folder), release };
  }

  async #makeRoom(bytes: number): Promise<void> {
    const { bytesMax } = this.#options;
    if (bytes > bytesMax)
      throw new RoomError(`the root file system takes ${bytes} bytes, and the owner lends ${bytesMax} for them`);
    await this.#shrink(bytes);
    if (this.#total() + bytes > bytesMax) throw new RoomError("all room for root file systems is in use");
  }

  async #shrink(wanted: number): Promise<void> {
    for (const [digest, { folder, users }] of [...this.#kept]) {
      if (this.#total() + wanted <= this.#options.bytesMax) return;
      if (users > 0) continue;
      // From now on nobody can be given it.
      this.#kept.delete(digest);
      await remove(folder);
    }
  }

  #total(): number {
    return [...this.#kept.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }
}

/** Removes a root; a crash on the way leaves what the next life sweeps. */
async function remove(folder: string): Promise<void> {
  await rm(join(folder, SEAL_FILE), { force: true });
  await removeTree(folder);
}

/** What a promise gives, or rejects as soon as the signal says so. */
async function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const stopped = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function keptIn(folder: string): Kept | null {
  try {
    const { digest, bytes } = JSON.parse(readFileSync(join(folder, SEAL_FILE), "utf8")) as Record<string, unknown>;
    if (typeof digest !== "string" || typeof bytes !== "number" || !existsSync(treeIn(folder))) return null;
    return { folder, digest, bytes, users: 0, seenAt: null };
  } catch {
    return null;
  }
}
