// The executors that work on this machine: a class that fails its own probe is never advertised.
import { errorFields, type Logger } from "@starling/node-kit";
import { type ClassOffer, isHash, type RuntimeClass } from "@starling/protocol";
import type { Executor, ProbeResult } from "./executors/executor.ts";
import { createWasmExecutor } from "./executors/index.ts";

/** The classes that this program has executors for. */
export const knownClasses: readonly RuntimeClass[] = ["wasm"];

/** What was probed of one executor. */
export interface ProbedExecutor {
  readonly name: RuntimeClass;
  /** The engine and its version, for people. */
  readonly engine: string;
  readonly executor: Executor;
  readonly result: ProbeResult;
}

/** Starts every executor that this program knows and probes it. Close all of them when done. */
export async function probeExecutors(slots: number, signal: AbortSignal): Promise<readonly ProbedExecutor[]> {
  const executor = createWasmExecutor({ slots });
  const result = await executor
    .probe({ signal })
    .catch((error: unknown): ProbeResult => ({ works: false, reason: String(error) }));
  return [{ name: "wasm", engine: `V8 ${process.versions.v8}`, executor, result }];
}

/** Those that work, by class, and what is advertised of them. */
export function workingExecutors(
  probed: readonly ProbedExecutor[],
  logger: Logger,
): { readonly executors: Map<RuntimeClass, Executor>; readonly offers: readonly ClassOffer[] } {
  const executors = new Map<RuntimeClass, Executor>();
  const offers: ClassOffer[] = [];
  for (const { name, engine, executor, result } of probed) {
    const problem = problemOf(result);
    if (problem !== null) logger.warn("runtime class does not work here", { class: name, reason: problem });
    else if (result.works && isHash(result.calibration)) {
      executors.set(name, executor);
      offers.push({ name, engine, calibration: result.calibration });
      logger.info("runtime class works", {
        class: name,
        engine,
        isolation: result.isolation,
        probeMs: Math.round(result.wallMs),
      });
    }
  }
  return { executors, offers };
}

/** Why a probed executor is not advertised, or null. */
export function problemOf(result: ProbeResult): string | null {
  if (!result.works) return result.reason;
  return isHash(result.calibration) ? null : "its calibration is not a digest";
}

/** Kills all sandboxes. */
export async function closeExecutors(probed: readonly ProbedExecutor[], logger: Logger): Promise<void> {
  for (const { name, executor } of probed) {
    await executor.close().catch((error: unknown) => {
      logger.warn("executor did not close", { class: name, ...errorFields(error) });
    });
  }
}
