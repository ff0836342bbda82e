// What an earlier life of the worker left running or lying about in Docker, found by its label and removed.
import { existsSync } from "node:fs";
import { type DockerEngine, openDocker } from "@starling/node-kit";
import { areaKey } from "../process/area.ts";
import { OciArea } from "./area.ts";
import { within } from "./container.ts";
import { sweepImages } from "./images.ts";

const SWEEP_TIMEOUT_MS = 60_000;

/** By which the containers of a worker are found again. */
export function labelOf(key: string): string {
  return `starling.worker=${key}`;
}

/** Kills and removes every container of a worker, and every image that it loaded. */
export async function sweepDocker(engine: DockerEngine, key: string): Promise<void> {
  await within(SWEEP_TIMEOUT_MS, async (signal) => {
    for (const id of await engine.labelled(labelOf(key), signal)) await engine.remove(id, signal);
    await sweepImages(engine, key, signal);
  });
}

/** For an owner who allows images no more: sweeps what an earlier life left, where there was one. */
export async function sweepOciArea(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const area = new OciArea(folder);
  const socketPath = area.earlierSocket();
  try {
    if (socketPath !== null) await sweepDocker(await openDocker(socketPath), areaKey(folder));
    area.sweep();
  } catch {
    // Docker is away, and its containers with it. The folder stays as a note for the next start.
  }
}
