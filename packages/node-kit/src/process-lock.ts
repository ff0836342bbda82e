// One process per data directory: a lock of our own, since LevelDB's vanishes when any descriptor of its file closes.
import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, unlinkSync, writeSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { systemClock } from "./clock.ts";

/** Held until `release`, or until the process dies. */
export interface ProcessLock {
  release(): Promise<void>;
}

/** Who holds a lock, as far as the owner's file tells. */
export interface LockOwner {
  readonly pid: number;
  /** When that process started, in the kernel's own unit; tells a reused pid from the owner. "" where unknown. */
  readonly started: string;
  /** Milliseconds since the Unix epoch. */
  readonly lockedAt: number;
}

/** The directory is in use. */
export class LockedError extends Error {
  override readonly name = "LockedError";
  readonly code = "locked";
  readonly owner: LockOwner | null;

  constructor(directory: string, owner: LockOwner | null) {
    const who = owner === null ? "another process" : `process ${owner.pid}`;
    super(`${directory} is in use by ${who}. Stop it first, or choose another data directory`);
    this.owner = owner;
  }
}

const OWNER_FILE = "owner.json";

/**
 * Locks an existing directory. On Linux the lock is an abstract socket, which the kernel gives up with its owner; elsewhere it is
 * a file made exclusively, taken over when its process is gone. Throws `LockedError`.
 */
export async function lockDirectory(
  directory: string,
  options: { readonly method?: "socket" | "file" } = {},
): Promise<ProcessLock> {
  const method = options.method ?? (process.platform === "linux" ? "socket" : "file");
  return method === "socket" ? await lockBySocket(directory) : lockByFile(directory);
}

async function lockBySocket(directory: string): Promise<ProcessLock> {
  const server = await listen(socketName(directory));
  if (server === null) throw new LockedError(directory, readOwner(directory));
  const path = join(directory, OWNER_FILE);
  writeOwner(path, "w");
  return {
    release: () =>
      new Promise((resolve) => {
        removeIfThere(path);
        server.close(() => resolve());
      }),
  };
}

// Device and inode name the directory itself, so that links and bind mounts of it meet in one lock.
function socketName(directory: string): string {
  const { dev, ino } = statSync(directory, { bigint: true });
  const digest = createHash("sha256").update(`${dev}:${ino}`).digest("hex").slice(0, 40);
  return `\0starling-lock-${digest}`;
}

function listen(name: string): Promise<Server | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", (error) => {
      if ("code" in error && error.code === "EADDRINUSE") resolve(null);
      else reject(error);
    });
    server.listen(name, () => {
      server.unref();
      resolve(server);
    });
  });
}

function lockByFile(directory: string): ProcessLock {
  const path = join(directory, OWNER_FILE);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      writeOwner(path, "wx");
      return { release: async () => removeIfThere(path) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const owner = readOwner(directory);
    if (owner !== null && isAlive(owner)) throw new LockedError(directory, owner);
    // Renamed, not removed: of two processes that find the same stale lock only one can move it away.
    const stale = `${path}.stale-${process.pid}`;
    try {
      renameSync(path, stale);
      removeIfThere(stale);
    } catch {
      // The other one was faster; the next attempt meets its lock.
    }
  }
  throw new LockedError(directory, readOwner(directory));
}

function writeOwner(path: string, flag: "w" | "wx"): void {
  const file = openSync(path, flag, 0o600);
  try {
    const owner: LockOwner = { pid: process.pid, started: startOf(process.pid), lockedAt: systemClock.wallMs() };
    writeSync(file, JSON.stringify(owner));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function readOwner(directory: string): LockOwner | null {
  try {
    const owner: unknown = JSON.parse(readFileSync(join(directory, OWNER_FILE), "utf8"));
    if (typeof owner !== "object" || owner === null || !("pid" in owner) || typeof owner.pid !== "number") return null;
    return owner as LockOwner;
  } catch {
    return null;
  }
}

function isAlive(owner: LockOwner): boolean {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if (!(error instanceof Error && "code" in error && error.code === "EPERM")) return false;
  }
  return owner.started === "" || startOf(owner.pid) === owner.started;
}

// Field 22 of /proc/PID/stat; the name in field 2 may hold spaces, so counting starts after its bracket.
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Gone already, which is what was wanted.
  }
}
