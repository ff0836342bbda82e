// A fact as the coordinator's busiest turn records it: a lease, with all its ids.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { type Hash, keccakText } from "@starling/protocol";

const hashes: readonly Hash[] = Array.from({ length: 64 }, (_, i) => keccakText(`bench ${i}`));

function hash(i: number): Hash {
  return hashes[i % hashes.length] ?? keccakText("");
}

/** The i-th one. */
export function leaseFact(i: number): CoordinatorFact {
  return {
    type: "leaseOffered",
    leaseId: hash(i),
    taskId: `${hash(i + 1)}/map/${i}`,
    taskSpec: hash(i + 2),
    worker: `0x${hash(i + 3).slice(26)}`,
    operator: `0x${hash(i + 4).slice(26)}`,
    attempt: 1,
    role: "replica",
    price: 10_000n,
    fine: 0n,
    epoch: 1,
    traceId: hash(i + 5).slice(2, 34),
    acceptBy: 1_800_000_010_000,
    commitBy: 1_800_000_050_000,
    at: 1_800_000_000_000 + i,
  };
}
