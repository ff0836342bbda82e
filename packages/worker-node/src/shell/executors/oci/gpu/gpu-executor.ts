// The executor of the class `gpu`: the same containers as those of images, each with the GPUs that its attempt was leased.
import { limits } from "@starling/protocol";
import { gpuCalibration } from "../../../gpu/gpu-class.ts";
import { toolkitProblem, toolkitVersion } from "../../../gpu/toolkit.ts";
import type { Executor, ProbeResult, RunOptions, RunOutcome, TaskRun } from "../../executor.ts";
import { broken } from "../../process/outcome.ts";
import type { ContainerGpus } from "./gpus.ts";
import type { GpuAccess } from "./probe.ts";
import { deterministicFlags, type GpuParts } from "./ways.ts";

/** What runs containers. */
export interface GpuRunner {
  /** Never rejects. */
  readonly run: (task: TaskRun, options: RunOptions, gpu: GpuParts | null) => Promise<RunOutcome>;
  /** Shows that containers are contained here. */
  readonly probe: Executor["probe"];
  readonly close: () => Promise<void>;
}

/** The executor over a runner, with GPUs of one group. */
export function gpuExecutor(runner: GpuRunner, gpus: ContainerGpus): Executor {
  let probing: Promise<ProbeResult> | null = null;
  return {
    class: "gpu",
    readsParts: true,
    run: async (task, options) => {
      try {
        return await runner.run(task, options, await gpus.partsOf(task.devices ?? []));
      } catch (error) {
        return broken(error instanceof Error ? error.message : String(error));
      }
    },
    // Two classes have this executor, and are probed at the same time.
    probe: async ({ signal }) => {
      probing ??= probeGpuExecutor(runner, gpus, signal).finally(() => {
        probing = null;
      });
      return await probing;
    },
    close: runner.close,
  };
}

async function probeGpuExecutor(runner: GpuRunner, gpus: ContainerGpus, signal: AbortSignal): Promise<ProbeResult> {
  const machine = await runner.probe({ signal });
  if (!machine.works) return machine;
  const startedAt = performance.now();
  const access = await gpus.probe((task, parts) => runner.run(task, { signal }, parts));
  const [first] = gpus.usable();
  if (!access.ok || first === undefined) return { works: false, reason: access.ok ? "" : access.reason };
  const { gpu } = first;
  const toolkit = access.way === "nodes" ? "device nodes" : await toolkitVersion(signal);
  const problem = access.way === "nodes" ? null : toolkitProblem(toolkit);
  if (problem !== null) return { works: false, reason: problem };
  const calibration = gpuCalibration({ gpu, toolkit, flags: deterministicFlags, machine: machine.calibration });
  return {
    works: true,
    calibration,
    engine: `${machine.engine}, ${gpuText(access)}, toolkit ${toolkit}`.slice(0, limits.pathLength),
    isolation: `${machine.isolation}, with the driver's device nodes`,
    wallMs: machine.wallMs + performance.now() - startedAt,
  };
}

function gpuText({ gpus, way }: Extract<GpuAccess, { ok: true }>): string {
  const [first] = gpus;
  if (first === undefined) return "no GPU";
  const { model, arch, driver } = first.gpu;
  return `${gpus.length} x ${model} (${arch}, driver ${driver}) by ${way}`;
}
