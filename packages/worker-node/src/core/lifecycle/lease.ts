// The life of a lease on the worker's side: offered until it is accepted, then run, committed, revealed and settled.
import type { Lifecycle } from "@starling/kernel";

export type LeaseState =
  | "offered"
  | "accepted"
  | "running"
  | "committed"
  | "revealed"
  | "settled"
  | "declined"
  | "expired"
  | "revoked"
  | "failed";

export const leaseLifecycle: Lifecycle<LeaseState> = {
  name: "lease",
  initial: "offered",
  table: {
    offered: ["accepted", "declined", "revoked"],
    accepted: ["running", "expired", "revoked", "failed"],
    running: ["committed", "expired", "revoked", "failed"],
    committed: ["revealed", "settled", "expired", "revoked"],
    revealed: ["settled", "expired", "revoked"],
    settled: [],
    declined: [],
    expired: [],
    revoked: [],
    failed: [],
  },
};
