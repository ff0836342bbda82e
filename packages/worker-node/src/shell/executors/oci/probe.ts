// Shows that containers are contained here by running two: one that looks around itself, and one that takes more memory than it may.
import { createHash } from "node:crypto";
import { canonicalJson, type Hash } from "@starling/protocol";
import type { ProbeResult, RunOutcome, TaskRun } from "../executor.ts";
import { readToolset } from "../process/toolset.ts";
import type { OciHost } from "./host.ts";
import { isGvisor } from "./plan.ts";
import { probeImage } from "./probe-program.ts";

const PROBE_TIMEOUT_MS = 20_000;
const MEBIBYTE = 1024 * 1024;

/** What the first program must have found, each line with its reason where it is wrong. */
const expected: readonly (readonly [RegExp, string])[] = [
  [/^Uid:(\t19\d{8}){4}$/m, "it ran as no user of its own"],
  [/^Groups:\s*(19\d{8})?\s*$/m, "it had groups of this machine"],
  [/^CapEff:\t0{16}$/m, "it had capabilities"],
  [/^CapBnd:\t0{16}$/m, "it could have regained capabilities"],
  [/^NoNewPrivs:\t1$/m, "programs that it starts could have gained privileges"],
  [/^Seccomp:\t2$/m, "its system calls were not filtered"],
];

/** Runs both programs in the same way as any task. */
export async function probe(
  { info, runtime }: OciHost,
  run: (task: TaskRun) => Promise<RunOutcome>,
): Promise<ProbeResult> {
  const looking = await run(lookingProbe());
  if (looking.kind !== "completed") return { works: false, reason: `the probe ${looking.kind}: ${looking.message}` };
  const problem = containmentProblem(looking.log, runtime);
  if (problem !== null) return { works: false, reason: `the container does not hold: ${problem}` };
  const greedy = await run(probeTask(["memory"]));
  if (greedy.kind !== "failed" || greedy.reason !== "memory") {
    const reason = `the container does not hold: a program took more memory than it may (${greedy.kind})`;
    return { works: false, reason };
  }
  const { level } = readToolset();
  // An image brings its libraries; what they choose and compute by are the processor's instructions.
  const sum = createHash("sha256").update(canonicalJson({ level }));
  for (const { bytes } of looking.outputs) sum.update(bytes);
  const calibration: Hash = `0x${sum.digest("hex")}`;
  const isolation = isGvisor(runtime)
    ? `gVisor (${runtime}), no capabilities, own user, no hosts`
    : `container (${runtime}), seccomp, no capabilities, own user`;
  return {
    works: true,
    calibration,
    // A record has no other place in which a payer could read how his program is held.
    engine: `oci (${isolation}), Docker ${info.version}, x86-64-${level}`,
    isolation,
    wallMs: looking.usage.wallMs + greedy.usage.wallMs,
  };
}

/** What in the first program's findings shows that it was not contained, or null. */
export function containmentProblem(facts: string, runtime: string): string | null {
  if (facts.includes("root: written")) return "it wrote to its image";
  const interfaces = [...facts.matchAll(/^\s*([^\s:]+):\s+\d+(\s+\d+){10,}$/gm)].map(([, name]) => name);
  if (interfaces.some((name) => name !== "lo")) return `it had network interfaces: ${interfaces.join(", ")}`;
  // gVisor's kernel is the filter, and tells nothing of it.
  const wanted = isGvisor(runtime) ? expected.filter(([{ source }]) => !/NoNewPrivs|Seccomp/.test(source)) : expected;
  return wanted.find(([pattern]) => !pattern.test(facts))?.[1] ?? null;
}

/** The task that looks around itself, and completes wherever containers run. */
export function lookingProbe(): TaskRun {
  return probeTask([]);
}

function probeTask(args: readonly string[]): TaskRun {
  return {
    leaseId: "probe",
    payer: "",
    program: probeImage(),
    programDigest: "probe",
    args,
    env: {},
    inputs: [],
    outputs: args.length === 0 ? [{ name: "numbers", path: "numbers" }] : [],
    limits: {
      timeoutMs: PROBE_TIMEOUT_MS,
      memoryBytes: 32 * MEBIBYTE,
      outputBytes: 65_536,
      outputFiles: 1,
      logBytes: 16_384,
    },
  };
}
