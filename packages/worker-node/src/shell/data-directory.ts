// The worker's folder: locked against a second process, with a fresh place for running tasks.
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { lockDirectory, type ProcessLock } from "@starling/node-kit";

/** Paths inside the folder. */
export interface DataPaths {
  readonly root: string;
  readonly journal: string;
  readonly artifacts: string;
  /** Inputs of running tasks; emptied at each start. */
  readonly runs: string;
  /** What processes of tasks are given; the executor's own. */
  readonly process: string;
  /** The same for those with root file systems of their own. */
  readonly rooted: string;
  /** Root file systems of tasks, unpacked; kept from one start to the next. */
  readonly roots: string;
  /** The same as for processes, for containers. */
  readonly images: string;
  readonly peerCache: string;
  readonly coordinatorCache: string;
  /** What the owner can redeem by hand. */
  readonly vouchers: string;
}

/** Where everything lies. */
export function dataPaths(root: string): DataPaths {
  return {
    root,
    journal: join(root, "journal"),
    artifacts: join(root, "artifacts"),
    runs: join(root, "runs"),
    process: join(root, "process"),
    rooted: join(root, "rooted"),
    roots: join(root, "roots"),
    images: join(root, "images"),
    peerCache: join(root, "peers.json"),
    coordinatorCache: join(root, "coordinators.json"),
    vouchers: join(root, "vouchers.json"),
  };
}

/** Makes and locks the folder; throws `LockedError` while another process uses it. */
export async function openDataDirectory(paths: DataPaths): Promise<ProcessLock> {
  await mkdir(paths.root, { recursive: true, mode: 0o700 });
  const lock = await lockDirectory(paths.root);
  await rm(paths.runs, { recursive: true, force: true });
  await mkdir(paths.runs, { mode: 0o700 });
  return lock;
}
