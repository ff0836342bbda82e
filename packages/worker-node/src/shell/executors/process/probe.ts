// Shows that processes are contained here by running two: one that looks around itself, and one that takes more memory than it may.
import { createHash } from "node:crypto";
import { canonicalJson, type Hash } from "@starling/protocol";
import type { ProbeResult, RunOutcome, TaskRun } from "../executor.ts";
import type { ProcessHost } from "./host.ts";
import { readToolset, toolsetText } from "./toolset.ts";

const MEBIBYTE = 1024 * 1024;
const PROBE_TIMEOUT_MS = 10_000;

/** Elementary functions as this machine's mathematical library and its instructions compute them, then what holds the program. */
const LOOKS = `#!/bin/sh
awk 'BEGIN { for (i = 1; i <= 64; i++) printf "%.17g %.17g %.17g %.17g\\n", sin(i), exp(i / 7), log(i), i ^ 0.3 }' > /out/numbers
{
  grep -E '^(Uid|Gid|Groups|CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status
  echo "interfaces: $(tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' ' | tr '\\n' ' ')"
  echo "root: $(cd / && echo *)"
  (echo x > /usr/x) 2>/dev/null && echo "usr: written"
  unshare --user true 2>/dev/null && echo "unshare: done"
} > /out/facts
exit 0
`;

/** Holds 64 MiB in one process. */
const TAKES = "#!/bin/sh\nhead -c 67108864 /dev/zero | tail -n 1 > /dev/null\n";

/** What the first program must have found, each line with its reason where it is wrong. */
const expected: readonly (readonly [RegExp, string])[] = [
  [/^Uid:(\t(2[6-9]|3\d)\d{7}){4}$/m, "it ran as no user of its own"],
  [/^Groups:\s*(\d{9,10})?\s*$/m, "it had groups of this machine"],
  [/^CapEff:\t0{16}$/m, "it had capabilities"],
  [/^CapBnd:\t0{16}$/m, "it could have regained capabilities"],
  [/^NoNewPrivs:\t1$/m, "programs that it starts could have gained privileges"],
  [/^Seccomp:\t2$/m, "its system calls were not filtered"],
  [/^interfaces: lo $/m, "it had network interfaces"],
  [
    /^root: bin dev etc in( lib\w*)+ log out proc program progress( sbin)? tmp usr$/m,
    "it saw other folders than its own",
  ],
];

/** Runs both programs in the same way as any task. */
export async function probe(
  { bubblewrap, groups }: ProcessHost,
  run: (task: TaskRun) => Promise<RunOutcome>,
): Promise<ProbeResult> {
  const outcome = await run(probeTask(LOOKS, ["numbers", "facts"]));
  if (outcome.kind !== "completed") return { works: false, reason: `the probe ${outcome.kind}: ${outcome.message}` };
  const [numbers, facts] = outcome.outputs.map(({ bytes }) => bytes);
  const problem = containmentProblem(new TextDecoder().decode(facts));
  if (problem !== null) return { works: false, reason: `the sandbox does not hold: ${problem}` };
  if (numbers === undefined || numbers.length === 0)
    return { works: false, reason: "this machine's awk gave no numbers" };
  const greedy = await run(probeTask(TAKES, []));
  if (greedy.kind !== "failed" || greedy.reason !== "memory")
    return {
      works: false,
      reason: `the sandbox does not hold: a program took more memory than it may (${greedy.kind})`,
    };
  const isolation = `namespaces, seccomp, own user, cgroup ${groups.version}`;
  const toolset = readToolset();
  const sum = createHash("sha256").update(canonicalJson(toolset)).update(numbers);
  const calibration: Hash = `0x${sum.digest("hex")}`;
  return {
    works: true,
    calibration,
    // A record has no other place in which a payer could read how his program is held.
    engine: `process (${isolation}), bubblewrap ${bubblewrap}, ${toolsetText(toolset)}`,
    isolation,
    wallMs: outcome.usage.wallMs + greedy.usage.wallMs,
  };
}

/** What in the first program's findings shows that it was not contained, or null. */
export function containmentProblem(facts: string): string | null {
  if (facts.includes("usr: written")) return "it wrote to /usr";
  if (facts.includes("unshare: done")) return "it made a namespace";
  return expected.find(([pattern]) => !pattern.test(facts))?.[1] ?? null;
}

function probeTask(script: string, outputs: readonly string[]): TaskRun {
  return {
    leaseId: "probe",
    payer: "",
    program: new TextEncoder().encode(script),
    programDigest: "",
    args: [],
    env: {},
    inputs: [],
    outputs: outputs.map((name) => ({ name, path: name })),
    limits: {
      timeoutMs: PROBE_TIMEOUT_MS,
      memoryBytes: 32 * MEBIBYTE,
      outputBytes: 65_536,
      outputFiles: outputs.length,
      logBytes: 1_024,
    },
  };
}
