// What `task describe` says of the fuel and the resources of a task's attempts.
import { Lease, Task } from "@starling/protocol/rpc";
import { expect, test } from "vitest";
import { taskLines } from "../src/output/task.ts";

const empty = new Uint8Array(0);

const lease = (attempt: number, fuel: bigint): Lease => ({
  ...Lease.decode(empty),
  attempt,
  digest: "0x01",
  usage: { wallMs: 71n, cpuMs: 65n, peakMemoryBytes: 1_572_864n, fuel },
});

const linesOf = (leases: Lease[]): Record<string, string> =>
  Object.fromEntries(taskLines({ ...Task.decode(empty), digest: "0x01", leases }));

test("fuel that all replicas used is said once, other fuel as a difference", () => {
  expect(linesOf([lease(0, 5_000n), lease(1, 5_000n)]).fuel).toBe("5000");
  expect(linesOf([lease(0, 5_000n), lease(1, 5_001n)]).fuel).toBe("replicas differ: 5000, 5001");
  expect(linesOf([{ ...lease(0, 5_000n), digest: "0x02" }]).fuel).toBe("");
  expect(linesOf([lease(0, 0n)]).fuel).toBe("");
});

test("each attempt says what it used", () => {
  const lines = linesOf([lease(0, 5_000n), { ...lease(1, 0n), usage: undefined }]);
  expect(lines["attempt 0"]).toMatch(/fuel 5000, 71 ms \(cpu 65 ms\), memory 1\.5Mi$/);
  expect(lines["attempt 1"]).toMatch(/price 0\.00 USD$/);
});
