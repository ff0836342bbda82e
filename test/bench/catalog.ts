// All benchmarks, in the order in which they run: parts first, then the whole network.
import type { Benchmark } from "./figure.ts";

const minuteMs = 60_000;

/** Each is loaded only in its own process. */
export const benchmarks: readonly Benchmark[] = [
  { name: "journal", limitMs: minuteMs, load: () => import("./figures/journal.ts") },
  {
    name: "scheduler",
    limitMs: 4 * minuteMs,
    nodeFlags: ["--max-old-space-size=12288"],
    load: () => import("./figures/scheduler.ts"),
  },
  {
    name: "memory",
    limitMs: 4 * minuteMs,
    nodeFlags: ["--max-old-space-size=8192"],
    load: () => import("./figures/memory.ts"),
  },
  { name: "sandbox", limitMs: 4 * minuteMs, load: () => import("./figures/sandbox.ts") },
  { name: "crowd", limitMs: 6 * minuteMs, load: () => import("./figures/crowd.ts") },
  { name: "gas", limitMs: minuteMs, load: () => import("./figures/gas.ts") },
  { name: "chain-gas", limitMs: 8 * minuteMs, load: () => import("./figures/chain-gas.ts") },
  {
    name: "vouchers",
    limitMs: 4 * minuteMs,
    nodeFlags: ["--max-old-space-size=4096"],
    load: () => import("./figures/vouchers.ts"),
  },
  { name: "artifacts", limitMs: minuteMs, load: () => import("./figures/artifacts.ts") },
  { name: "transfer", limitMs: 2 * minuteMs, load: () => import("./figures/transfer.ts") },
  { name: "devnet", limitMs: 3 * minuteMs, load: () => import("./figures/devnet.ts") },
  { name: "submit", limitMs: 3 * minuteMs, load: () => import("./figures/submit.ts") },
  { name: "throughput", limitMs: 8 * minuteMs, load: () => import("./figures/throughput.ts") },
  { name: "status", limitMs: 3 * minuteMs, load: () => import("./figures/status.ts") },
  {
    name: "restart",
    limitMs: 5 * minuteMs,
    nodeFlags: ["--max-old-space-size=8192"],
    load: () => import("./figures/restart.ts"),
  },
  { name: "reconcile", limitMs: 5 * minuteMs, load: () => import("./figures/reconcile.ts") },
];
