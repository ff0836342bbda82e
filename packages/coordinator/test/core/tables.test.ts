// The life cycles, exhaustively: every pair of states is either in the table or stops the process.
import { type Lifecycle, transition } from "@starling/kernel";
import { describe, expect, test } from "vitest";
import {
  jobLifecycle,
  leaseLifecycle,
  paymentLifecycle,
  taskLifecycle,
  workerLifecycle,
} from "../../src/core/index.ts";

const allowed: Record<string, readonly string[]> = {
  job: [
    "accepted>running",
    "accepted>failed",
    "accepted>cancelled",
    "running>completed",
    "running>failed",
    "running>cancelled",
  ],
  task: [
    "queued>collecting",
    "queued>accepted",
    "queued>disputed",
    "queued>nondeterministic",
    "queued>poison",
    "queued>cancelled",
    "collecting>queued",
    "collecting>accepted",
    "collecting>disputed",
    "collecting>nondeterministic",
    "collecting>poison",
    "collecting>cancelled",
    "accepted>queued",
    "accepted>final",
  ],
  lease: [
    "offered>accepted",
    "offered>declined",
    "offered>expired",
    "offered>revoked",
    "accepted>running",
    "accepted>declined",
    "accepted>expired",
    "accepted>revoked",
    "accepted>failed",
    "running>committed",
    "running>expired",
    "running>revoked",
    "running>failed",
    "committed>revealed",
    "committed>revoked",
    "committed>failed",
    "revealed>settled",
  ],
  worker: [
    "known>admitted",
    "known>banned",
    "known>left",
    "admitted>suspended",
    "admitted>banned",
    "admitted>left",
    "suspended>admitted",
    "suspended>banned",
    "suspended>left",
    "left>admitted",
    "left>banned",
  ],
  payment: [
    "owed>intended",
    "intended>broadcast",
    "intended>mined",
    "intended>owed",
    "broadcast>mined",
    "broadcast>intended",
    "broadcast>owed",
    "mined>final",
    "mined>broadcast",
    "mined>owed",
  ],
};

const lifecycles: readonly Lifecycle<string>[] = [
  jobLifecycle,
  taskLifecycle,
  leaseLifecycle,
  workerLifecycle,
  paymentLifecycle,
];

describe.each(lifecycles)("the life cycle of a $name", (lifecycle) => {
  const states = Object.keys(lifecycle.table);

  test.each(states.flatMap((from) => states.map((to) => [from, to] as const)))("%s to %s", (from, to) => {
    const isAllowed = allowed[lifecycle.name]?.includes(`${from}>${to}`) ?? false;
    if (isAllowed) expect(transition(lifecycle, from, to)).toBe(to);
    else expect(() => transition(lifecycle, from, to)).toThrow("is not a transition");
  });

  test("every state can be reached", () => {
    const reached = new Set([lifecycle.initial]);
    for (const from of reached) for (const to of lifecycle.table[from] ?? []) reached.add(to);
    expect([...reached].sort()).toEqual([...states].sort());
  });
});
