// Runs each program once to see what its outputs look like, and from then on answers every task with those.

import type { CollectedOutput, Executor, RunOutcome } from "../executors/executor.ts";
import { type Behaviour, honest } from "./behaviour.ts";

/** Programs whose outputs are remembered. */
const programsMax = 64;

/** Makes a lazy copier. Nobody else's answer can be seen before one's own is fixed, so it can copy only itself. */
export function lazy(): Behaviour {
  return { ...honest, executor: copyingExecutor };
}

function copyingExecutor(honest: Executor): Executor {
  const seen = new Map<string, readonly CollectedOutput[]>();
  return {
    class: honest.class,
    probe: (options) => honest.probe(options),
    close: () => honest.close(),
    run: async (task, options) => {
      const outputs = seen.get(task.programDigest);
      if (outputs !== undefined) return copied(outputs);
      const outcome = await honest.run(task, options);
      if (outcome.kind === "completed" && seen.size < programsMax) seen.set(task.programDigest, outcome.outputs);
      return outcome;
    },
  };
}

function copied(outputs: readonly CollectedOutput[]): RunOutcome {
  const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 0, bytesOut: 0, fuel: 0 };
  return { kind: "completed", exitCode: 0, outputs, log: "", usage };
}
