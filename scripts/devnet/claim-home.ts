// One devnet per home: takes the lock, and clears what an earlier devnet left.
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { LockedError, lockDirectory, type ProcessLock } from "@starling/node-kit";
import { makeFolder } from "@starling/sdk";
import { checkClientFile } from "./client-file.ts";
import type { Places } from "./places.ts";
import { readState } from "./state-file.ts";

/** The home cannot be used. */
export class HomeError extends Error {
  override readonly name = "HomeError";
}

/** Locks the home's devnet folder and empties it. Throws `HomeError` when a devnet runs there, or when the folder is not a devnet's. */
export async function claimHome(places: Places): Promise<ProcessLock> {
  checkClientFile(places);
  makeFolder(places.home);
  mkdirSync(places.folder, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(places.folder).catch((error: unknown) => {
    if (!(error instanceof LockedError)) throw error;
    const who = error.owner === null ? "" : ` (process ${error.owner.pid})`;
    throw new HomeError(
      `a devnet already runs in ${places.home}${who}: \`starling devnet status\` shows it, \`starling devnet down\` stops it, and --home starts another one beside it`,
    );
  });
  try {
    clear(places);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Who runs a devnet in this home: its process id, or null when nobody does. */
export async function runningIn(places: Places): Promise<number | null> {
  if (!existsSync(places.folder)) return null;
  try {
    await (await lockDirectory(places.folder)).release();
    return null;
  } catch (error) {
    if (error instanceof LockedError) return error.owner?.pid ?? 0;
    throw error;
  }
}

// The lock's own file stays: the folder itself is what is locked.
const lockFile = "owner.json";

function clear(places: Places): void {
  const found = readdirSync(places.folder).filter((name) => name !== lockFile);
  // The supervisor of a detached devnet has opened its log by now.
  const isOurs =
    readState(places) !== null || found.every((name) => join(places.folder, name) === places.supervisorLog);
  if (!isOurs)
    throw new HomeError(`${places.folder} holds something that is no devnet; choose another folder with --home`);
  for (const name of found) {
    const path = join(places.folder, name);
    if (path !== places.supervisorLog) rmSync(path, { recursive: true, force: true });
  }
}
