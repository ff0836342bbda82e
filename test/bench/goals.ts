// The figures of design page 6: what we want, and what others reach today. Printed beside ours, never asserted.
import type { Beside } from "./figure.ts";

const none = "-";

/** Goals and peers by what they are about. */
export const goals = {
  submitToVerified: {
    goal: "25 ms / 80 ms (p50 / p99)",
    peer: "ocean-node 13 s; docker run 0.4 s; Ray 2-3 ms (nothing verified)",
  },
  throughput: {
    goal: "300 verified/s first, 2,000 the aim",
    peer: "Ray 900-1,100/s, BullMQ 540-880/s (nothing verified)",
  },
  throughputWithLiar: { goal: "0 wrong accepted, >= 70 % of the speed", peer: none },
  workerStart: { goal: "1 s", peer: "libp2p peers: minutes; 0.4-0.6 s for register-by-stream" },
  devnetStart: { goal: "8 s, 2 GiB (10 workers)", peer: "ocean's, lilypad's: many containers, minutes" },
  dispatch: { goal: "50k / 15k tasks/s (4 / 2,000 workers)", peer: "own prototype: 57-71k / 14k tasks/s" },
  scheduler: { goal: "20,000 placed/s on one core, <= 1 KiB a task", peer: "Nomad C1M 3,750/s placed" },
  transfer: {
    goal: "300 MB/s verified",
    peer: "bitswap 27, one libp2p stream 160-300, HTTP range 315-500 MB/s",
  },
  sandbox: { goal: "1 ms over the bare program (wasm)", peer: "docker 170-400 ms" },
  processSandbox: { goal: "30 ms over the bare program", peer: "docker 170-400 ms" },
  containerSandbox: { goal: "250 ms over the bare program", peer: "docker 170-400 ms" },
  eventLoop: { goal: "p99 under 50 ms", peer: none },
  statusQuery: { goal: "p99 10 ms with 10,000 tasks in flight", peer: none },
  restart: { goal: "2 s with 100,000 tasks, nothing lost, nothing twice", peer: none },
} as const satisfies Readonly<Record<string, Beside>>;
