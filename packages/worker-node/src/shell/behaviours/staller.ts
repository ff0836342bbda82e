// Accepts, says in every heartbeat that it is half way, and never finishes.
import { once } from "node:events";
import type { Executor } from "../executors/executor.ts";
import { type Behaviour, honest } from "./behaviour.ts";

/** Makes a staller. It holds each lease until its deadline. */
export function staller(): Behaviour {
  return { ...honest, executor: stallingExecutor };
}

function stallingExecutor(honest: Executor): Executor {
  return {
    class: honest.class,
    probe: (options) => honest.probe(options),
    close: () => honest.close(),
    run: async (_task, { signal, onProgress }) => {
      onProgress?.({ done: 1, total: 2 });
      if (!signal.aborted) await once(signal, "abort");
      const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 0, bytesOut: 0, fuel: 0 };
      return { kind: "killed", message: "it never finishes", log: "", usage };
    },
  };
}
