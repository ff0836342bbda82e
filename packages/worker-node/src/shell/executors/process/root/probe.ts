// Shows that processes with a root file system of their own are contained here, by one that looks around itself and one that takes more memory
// than it may. Their root has no file but what the sandbox puts there.
import { createHash } from "node:crypto";
import { canonicalJson, type Hash } from "@starling/protocol";
import type { ProbeResult, RunOutcome, TaskRun } from "../../executor.ts";
import { probeProgram } from "../../oci/probe-program.ts";
import { tarOf } from "../../oci/tar.ts";
import type { ProcessHost } from "../host.ts";
import { readToolset } from "../toolset.ts";

const MEBIBYTE = 1024 * 1024;
const PROBE_TIMEOUT_MS = 10_000;

/** What the first program must have found, each line with its reason where it is wrong. */
const expected: readonly (readonly [RegExp, string])[] = [
  [/^Uid:(\t(2[6-9]|3\d)\d{7}){4}$/m, "it ran as no user of its own"],
  [/^Gid:(\t(2[6-9]|3\d)\d{7}){4}$/m, "it ran in no group of its own"],
  [/^Groups:\s*$/m, "it had groups of this machine"],
  [/^CapInh:\t0{16}$/m, "it could have handed capabilities on"],
  [/^CapPrm:\t0{16}$/m, "it could have taken capabilities"],
  [/^CapEff:\t0{16}$/m, "it had capabilities"],
  [/^CapBnd:\t0{16}$/m, "it could have regained capabilities"],
  [/^NoNewPrivs:\t1$/m, "programs that it starts could have gained privileges"],
  [/^Seccomp:\t2$/m, "its system calls were not filtered"],
];

/** Runs both programs in the same way as any task. */
export async function probeRoots(
  { bubblewrap, groups }: ProcessHost,
  run: (task: TaskRun) => Promise<RunOutcome>,
): Promise<ProbeResult> {
  const looking = await run(probeTask([]));
  if (looking.kind !== "completed") return { works: false, reason: `the probe ${looking.kind}: ${looking.message}` };
  const problem = containmentProblem(looking.log);
  if (problem !== null) return { works: false, reason: `the sandbox does not hold: ${problem}` };
  const greedy = await run(probeTask(["memory"]));
  if (greedy.kind !== "failed" || greedy.reason !== "memory") {
    const reason = `the sandbox does not hold: a program took more memory than it may (${greedy.kind})`;
    return { works: false, reason };
  }
  const { level } = readToolset();
  // A root brings its libraries; what they choose and compute by are the processor's instructions.
  const sum = createHash("sha256").update(canonicalJson({ level }));
  for (const { bytes } of looking.outputs) sum.update(bytes);
  const calibration: Hash = `0x${sum.digest("hex")}`;
  const isolation = `namespaces, seccomp, own user, own root, cgroup ${groups.version}`;
  return {
    works: true,
    calibration,
    engine: `process (${isolation}), bubblewrap ${bubblewrap}, x86-64-${level}`,
    isolation,
    wallMs: looking.usage.wallMs + greedy.usage.wallMs,
  };
}

/** What in the first program's findings shows that it was not contained, or null. */
function containmentProblem(facts: string): string | null {
  if (facts.includes("root: written")) return "it wrote to its root";
  const interfaces = [...facts.matchAll(/^\s*([^\s:]+):\s+\d+(\s+\d+){10,}$/gm)].map(([, name]) => name);
  if (interfaces.some((name) => name !== "lo")) return `it had network interfaces: ${interfaces.join(", ")}`;
  return expected.find(([pattern]) => !pattern.test(facts))?.[1] ?? null;
}

function probeTask(args: readonly string[]): TaskRun {
  const root = Buffer.concat([...tarOf([{ name: "tmp", isFolder: true }])]);
  const digest = `cid:${createHash("sha256").update(root).digest("hex")}`;
  async function* open(): AsyncGenerator<Uint8Array> {
    yield root;
  }
  return {
    leaseId: "probe",
    payer: "",
    program: probeProgram(),
    programDigest: "probe",
    root: { digest, size: root.length, open },
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
