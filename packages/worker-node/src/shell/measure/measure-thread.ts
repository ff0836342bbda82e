// A thread that is measured: makes kernels ready, and runs one when it is told to, so that several threads begin together.
import { parentPort } from "node:worker_threads";
import { type Challenge, type FieldNumbers, laneProduct } from "@starling/protocol/challenge";
import { type Kernel, type ReadyKernel, readyKernel } from "./kernels.ts";

/** What the thread is told. */
export type ThreadOrder =
  | { readonly ready: Kernel }
  | { readonly runForMs: number }
  | { readonly prove: Challenge; readonly lane: number };

/** What it answers: it is ready, the units a second of its best run, or a product that can be checked. */
export type ThreadAnswer = { readonly ready: true } | { readonly best: number } | { readonly product: FieldNumbers };

let kernel: ReadyKernel | undefined;

parentPort?.on("message", (order: ThreadOrder) => {
  if ("ready" in order) {
    kernel = readyKernel(order.ready);
    // The first run is slower, since the compiler has not seen the kernel yet.
    kernel.run();
    answer({ ready: true });
  } else if ("prove" in order) answer({ product: laneProduct(order.prove, order.lane) });
  else answer({ best: bestWithin(order.runForMs) });
});

// At least one run, whatever the machine is busy with.
function bestWithin(limitMs: number): number {
  let best = 0;
  const endMs = performance.now() + limitMs;
  for (let runs = 0; kernel !== undefined && (runs === 0 || performance.now() < endMs); runs += 1) {
    const startedAt = performance.now();
    kernel.run();
    best = Math.max(best, kernel.units / ((performance.now() - startedAt) / 1_000));
  }
  return best;
}

function answer(said: ThreadAnswer): void {
  parentPort?.postMessage(said);
}
