// `worker check-gpu`: what an owner of a GPU runs to see it work for real. No GPU has run it yet: it is tested as far as its failures go.
import { type Finding, failure, ok } from "../doctor/finding.ts";
import { gpuFindings } from "../doctor/gpu-checks.ts";
import { containerGpus } from "../machine.ts";
import { type GpuProbe, probeGpus } from "../probe/gpus.ts";
import { callTool } from "../probe/tool.ts";
import { type ContainerCheck, checkContainers } from "./check-containers.ts";
import { torchEnvironment, torchLine, torchTask } from "./torch-task.ts";

/** What to check with. */
export interface GpuCheck extends GpuProbe {
  /** The Python that has PyTorch; a name is looked up on PATH. */
  readonly python: string;
  /** Which Docker is to be given the GPUs; left out for none. */
  readonly containers?: Omit<ContainerCheck, "signal">;
}

/** The first start of CUDA compiles for minutes on some machines. */
const TORCH_LIMIT_MS = 5 * 60_000;

/** Finds the GPUs, then runs the same task twice and compares the answers. Whatever does not hold is a failure. */
export async function checkGpu(check: GpuCheck): Promise<readonly Finding[]> {
  const found = await probeGpus(check);
  // What is a warning for a worker is what this command was run to find.
  const detection = gpuFindings(found).map(
    (one): Finding => (one.status === "ok" ? one : { ...one, status: "failure" }),
  );
  const gpus = containerGpus(found, check);
  if (gpus !== null) {
    const { containers, signal } = check;
    const inContainers = containers === undefined ? [] : await checkContainers(gpus, { ...containers, signal });
    return [...detection, ...(await checkTorch(check)), ...inContainers];
  }
  const fix = "install the vendor's driver with its tool (nvidia-smi or rocm-smi), and see that it lists the GPU";
  return [failure("accelerators", "no GPU found: nothing else was checked", fix), ...detection.slice(1)];
}

async function checkTorch({ python, signal }: GpuCheck): Promise<readonly Finding[]> {
  const digests: string[] = [];
  for (let run = 1; run <= 2; run += 1) {
    const call = { command: python, args: ["-c", torchTask], environment: torchEnvironment, signal };
    const answer = await callTool({ ...call, limitMs: TORCH_LIMIT_MS });
    const install = "install PyTorch for this GPU, so that python3 can import it";
    if (answer.kind === "missing") return [failure("pytorch", `there is no ${python}`, install)];
    if (answer.kind === "failed") return [failure("pytorch", `run ${run} failed: ${answer.reason}`, install)];
    const [, digest, name] = torchLine.exec(answer.output) ?? [];
    if (digest === undefined || name === undefined)
      return [failure("pytorch", `run ${run} printed no digest`, "run it by hand and look at what it prints")];
    digests.push(digest);
  }
  const [first = "", second = ""] = digests;
  return [
    first === second
      ? ok("pytorch", `two runs gave the same digest, ${first.slice(0, 16)}`)
      : failure(
          "pytorch",
          `two runs gave ${first.slice(0, 16)} and ${second.slice(0, 16)}`,
          "this GPU and driver are no members of the class gpu: offer gpu-tolerant, or try another driver",
        ),
  ];
}
