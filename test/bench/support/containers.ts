// Containers for measurements: over a Docker of the measurement's own, where this machine can start one.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createOciExecutor, type Executor, type TaskRun } from "@starling/worker-node/executors";
import { imageArchive } from "../../../examples/image-archive.ts";
import { startDockerd } from "../../../packages/worker-node/test/executors/dockerd.ts";
import { missingPackages } from "../../harness/debian.ts";
import type { BenchContext } from "../figure.ts";
import { smallTask, withExecutor } from "./warm.ts";

/** Gives the use an executor of so many slots, and a task whose image is Busybox and the script; says why and gives null where there are no containers. */
export async function withContainers<T>(
  { folder, say }: BenchContext,
  { slots, script }: { readonly slots: number; readonly script: Uint8Array },
  use: (executor: Executor, task: TaskRun) => Promise<T>,
): Promise<T | null> {
  const missing = process.getuid?.() === 0 ? missingPackages(["docker.io", "busybox-static"]) : ["root"];
  if (missing.length > 0) {
    say(`containers are not measured here: there is no ${missing.join(", ")}`);
    return null;
  }
  const shell = { name: "bin/sh", content: readFileSync("/bin/busybox") };
  const image = imageArchive({ layers: [[shell], [{ name: "program", content: script }]], entrypoint: ["/program"] });
  const docker = await startDockerd();
  try {
    const { socketPath } = docker;
    const containers = createOciExecutor({ slots, area: join(folder, "containers"), socketPath, runtime: "runc" });
    return await withExecutor(containers, (executor) => use(executor, smallTask(image)));
  } finally {
    await docker.stop();
  }
}
