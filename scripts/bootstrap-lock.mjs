// One bootstrap at a time: a lock file that names its owner, so that a lock left behind by a killed process is broken.
import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";

const POLL_MS = 200;

/** Runs `work` while holding the lock at `path`; `say` tells the user once when it has to wait. */
export async function withLock(path, say, work) {
  await acquire(path, say);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function acquire(path, say) {
  let told = false;
  while (!(await tryAcquire(path))) {
    const owner = Number(await readFile(path, "utf8").catch(() => ""));
    if (owner > 0 && !isAlive(owner)) {
      await breakLock(path, owner);
      continue;
    }
    if (!told) say(`waiting for another bootstrap${owner > 0 ? ` (process ${owner})` : ""}; its lock is ${path}`);
    told = true;
    await pause(POLL_MS);
  }
}

/** Links a file that already names its owner into place, so that nobody ever reads a lock without an owner. */
async function tryAcquire(path) {
  const mine = `${path}.${randomUUID()}.mine`;
  await writeFile(mine, `${process.pid}`);
  try {
    await link(mine, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** Moves the dead owner's lock away; if another process was quicker and the lock is new, that one is put back. */
async function breakLock(path, owner) {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (error.code === "ENOENT") return;
    throw error;
  }
  if (Number(await readFile(aside, "utf8")) === owner) await rm(aside);
  else await rename(aside, path);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
