// The part of `worker check-gpu` that runs containers: whether they are given GPUs here, and whether an image computes the same on one twice.
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Finding, failure, ok, warning, wordsOf } from "../doctor/finding.ts";
import type { Executor, RunOutcome, TaskRun } from "../executors/executor.ts";
import { type ContainerGpus, createOciExecutors, type DockerChoice } from "../executors/index.ts";
import { inFile } from "../executors/stored.ts";
import { toolkitVersionMin } from "./toolkit.ts";
import { torchLine, torchTask } from "./torch-task.ts";

/** Which containers to check with. */
export interface ContainerCheck {
  readonly docker: DockerChoice;
  /** An archive of an image with Python and PyTorch; null to see only that containers have the GPU. */
  readonly image: string | null;
  readonly signal: AbortSignal;
}

/** The first start of CUDA compiles for minutes on some machines, and without a cache each time. */
const LIMIT_MS = 5 * 60_000;
const MEMORY_BYTES = 8 * 1024 ** 3;

/** Probes the executor of containers, then runs the image twice; never rejects. */
export async function checkContainers(gpus: ContainerGpus, check: ContainerCheck): Promise<readonly Finding[]> {
  const { docker, image, signal } = check;
  // Not the worker's own folder: it may be at work in it.
  const folder = mkdtempSync(join(tmpdir(), "starling-check-gpu-"));
  const { gpu } = createOciExecutors({ ...docker, slots: 1, area: join(folder, "images") }, gpus);
  if (gpu === null) return [];
  try {
    const probed = await gpu.probe({ signal });
    const install = `install Docker and the NVIDIA container toolkit, ${toolkitVersionMin} or newer, restart Docker, and run this as root; see docs/gpus.md`;
    if (!probed.works) return [failure("containers", probed.reason, install)];
    const given = ok("containers", `${probed.engine}, probed in ${Math.round(probed.wallMs)} ms`);
    return [given, image === null ? noImage : await twice(gpu, gpus, { image, signal })];
  } catch (error) {
    return [failure("containers", wordsOf(error), "see the reason")];
  } finally {
    await gpu.close().catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
}

const noImage = warning(
  "image",
  "no image was run on the GPU",
  "name an archive of one with PyTorch: starling worker check-gpu --image ./torch.tar",
);

async function twice(
  gpu: Executor,
  gpus: ContainerGpus,
  { image, signal }: { readonly image: string; readonly signal: AbortSignal },
): Promise<Finding> {
  const digests: string[] = [];
  for (let run = 1; run <= 2; run += 1) {
    const outcome = await gpu.run(torchRun(image, gpus), { signal });
    const [, digest] = outcome.kind === "completed" ? (torchLine.exec(outcome.log) ?? []) : [];
    if (digest === undefined)
      return failure(
        "image",
        `run ${run} ${endText(outcome)}`,
        "look whether python3 in the image imports PyTorch for this GPU",
      );
    digests.push(digest);
  }
  const [first = "", second = ""] = digests.map((digest) => digest.slice(0, 16));
  return digests[0] === digests[1]
    ? ok("image", `two runs in containers gave the same digest, ${first}`)
    : failure(
        "image",
        `two runs in containers gave ${first} and ${second}`,
        "offer gpu-tolerant: --classes gpu-tolerant",
      );
}

function torchRun(path: string, gpus: ContainerGpus): TaskRun {
  const content = inFile(path, statSync(path).size);
  return {
    leaseId: "check-gpu",
    payer: "",
    program: new Uint8Array(0),
    programContent: content,
    // The same image is loaded once; another of the same path and size would be another check.
    programDigest: createHash("sha256").update(`${path}\n${content.size}`).digest("hex"),
    args: ["python3", "-c", torchTask],
    env: {},
    inputs: [],
    outputs: [],
    limits: { timeoutMs: LIMIT_MS, memoryBytes: MEMORY_BYTES, outputBytes: 65_536, outputFiles: 1, logBytes: 16_384 },
    devices: gpus
      .usable()
      .slice(0, 1)
      .map(({ gpu }) => gpu.uuid),
  };
}

function endText(outcome: RunOutcome): string {
  if (outcome.kind === "completed") return "printed no digest";
  const last = "log" in outcome ? (outcome.log.trim().split("\n").at(-1) ?? "") : "";
  return `${outcome.kind}: ${outcome.message}${last === "" ? "" : ` (${last})`}`;
}
