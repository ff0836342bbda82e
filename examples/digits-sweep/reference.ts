// Runs the whole sweep on this machine alone, without any network: what the network's outcome must equal, bit by bit.
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createWasmExecutor, type Executor, type RunOutcome, type TaskInput } from "@starling/worker-node/executors";

/** The matrix of job.yaml, in its order: the last key changes fastest. */
export const MATRIX = { lr: [0.02, 0.05, 0.1, 0.2], l2: [0, 0.0001, 0.001], seed: [1, 2, 3] } as const;

/** Outputs of one task or of the reduce task, by name. */
export type Outputs = Readonly<Record<string, Uint8Array>>;

/** What the sweep gave. */
export interface ReferenceResult {
  readonly tasks: readonly Outputs[];
  readonly best: Outputs;
  /** SHA-256 of every output, as `task index/name` or `reduce/name`. */
  readonly digests: Readonly<Record<string, string>>;
  /** The reduce task's finding, parsed. */
  readonly summary: Readonly<Record<string, number>>;
}

const HERE = import.meta.dirname;

const LIMITS = {
  timeoutMs: 30_000,
  memoryBytes: 64 * 1024 * 1024,
  outputBytes: 1024 * 1024,
  outputFiles: 16,
  logBytes: 65_536,
} as const;

/** Arguments of every task, in the order of their index. */
export function taskArguments(): string[][] {
  const list: string[][] = [];
  for (const lr of MATRIX.lr) {
    for (const l2 of MATRIX.l2) {
      for (const seed of MATRIX.seed) list.push(["--lr", `${lr}`, "--l2", `${l2}`, "--seed", `${seed}`]);
    }
  }
  return list;
}

interface Step {
  readonly program: string;
  readonly args: readonly string[];
  readonly inputs: readonly TaskInput[];
  readonly outputs: readonly { readonly name: string; readonly path: string }[];
}

/** Runs all tasks and the reduce task on the given executor; rejects when one fails. */
export async function runReference(executor: Executor, { signal }: { readonly signal: AbortSignal }): Promise<ReferenceResult> {
  const folder = mkdtempSync(join(tmpdir(), "digits-sweep-"));
  try {
    const digits = fileInput("digits", join(HERE, "digits.csv"));
    const inputs: TaskInput[] = [digits];
    const tasks: Outputs[] = [];
    for (const [index, args] of taskArguments().entries()) {
      const outputs = [{ name: "metrics", path: "metrics.json" }, { name: "model", path: "model.bin" }];
      const results = await step(executor, { program: "train.wasm", args, inputs: [digits], outputs }, { signal });
      tasks.push(results);
      for (const [name, bytes] of Object.entries(results)) {
        const path = join(folder, `${name}-${index}`);
        writeFileSync(path, bytes);
        inputs.push({ name: `${name}/${index}`, path, size: bytes.length });
      }
    }
    const reduce = { program: "reduce.wasm", args: [], inputs, outputs: [{ name: "best", path: "best.json" }] };
    return describe(tasks, await step(executor, reduce, { signal }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function fileInput(name: string, path: string): TaskInput {
  return { name, path, size: readFileSync(path).length };
}

async function step(executor: Executor, run: Step, { signal }: { readonly signal: AbortSignal }): Promise<Outputs> {
  const program = readFileSync(join(HERE, run.program));
  const task = { leaseId: "reference", payer: "reference", programDigest: sha256(program), env: {}, limits: LIMITS };
  const outcome: RunOutcome = await executor.run({ ...task, ...run, program }, { signal });
  if (outcome.kind !== "completed") throw new Error(`${run.program} ${run.args.join(" ")}: ${outcome.kind}: ${outcome.message}`);
  return Object.fromEntries(outcome.outputs.map(({ name, bytes }) => [name, bytes]));
}

function describe(tasks: readonly Outputs[], best: Outputs): ReferenceResult {
  const digests: Record<string, string> = {};
  for (const [index, outputs] of tasks.entries()) {
    for (const [name, bytes] of Object.entries(outputs)) digests[`${index}/${name}`] = sha256(bytes);
  }
  for (const [name, bytes] of Object.entries(best)) digests[`reduce/${name}`] = sha256(bytes);
  const summary = JSON.parse(new TextDecoder().decode(best["best"])) as Record<string, number>;
  return { tasks, best, digests, summary };
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function main(): Promise<void> {
  const executor = createWasmExecutor({ slots: 1 });
  try {
    const result = await runReference(executor, { signal: AbortSignal.timeout(300_000) });
    for (const { metrics } of result.tasks) process.stdout.write(new TextDecoder().decode(metrics));
    for (const [output, digest] of Object.entries(result.digests)) process.stdout.write(`${digest}  ${output}\n`);
    process.stdout.write(`${JSON.stringify(result.summary, null, 2)}\n`);
  } finally {
    await executor.close();
  }
}

if (import.meta.main) await main();
