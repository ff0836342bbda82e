// What `task describe` and `job describe` say of the fuel and the resources of attempts.
import { Job, Lease, ResourceUsage, StepUsage, Task } from "@starling/protocol/rpc";
import { expect, test } from "vitest";
import { jobLines } from "../src/output/job.ts";
import { taskLines } from "../src/output/task.ts";

const empty = new Uint8Array(0);

const lease = (attempt: number, fuel: bigint): Lease => ({
  ...Lease.decode(empty),
  attempt,
  digest: "0x01",
  usage: { ...ResourceUsage.decode(empty), wallMs: 71n, cpuMs: 65n, peakMemoryBytes: 1_572_864n, fuel },
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
  expect(lines["what they used"]).toMatch(/as the workers say/);
  expect(linesOf([{ ...lease(0, 0n), usage: undefined }])).not.toHaveProperty("what they used");
});

test("bytes and GPUs are told where they are known", () => {
  const measured = { bytesIn: 2_048n, bytesOut: 17n, gpuMemoryBytes: 3n * 2n ** 30n, gpuBusyPercent: 87 };
  const one = lease(0, 0n);
  const told = { ...one, usage: { ...ResourceUsage.decode(empty), ...one.usage, ...measured } };
  expect(linesOf([told])["attempt 0"]).toMatch(/memory 1\.5Mi, in 2Ki, out 17B, GPU memory 3Gi, 87% busy$/);
});

test("a failed attempt says how its program ended", () => {
  const reason = { code: "memory", message: "killed for memory: used 256Mi of 256Mi; ask for more with needs.mem" };
  const died = { ...lease(3, 0n), state: "failed", reason, exitCode: 137, signal: 9, outOfMemory: true };
  expect(linesOf([died])["attempt 3"]).toMatch(
    /failed, killed for memory: used 256Mi of 256Mi; ask for more with needs\.mem, exit code 137, signal 9, price/,
  );
  const { message, ...unsaid } = { ...reason, message: "" };
  expect(linesOf([{ ...died, reason: { ...unsaid, message } }])["attempt 3"]).toMatch(/signal 9, killed for memory/);
});

test("a job says what its attempts used, and what to ask for next time", () => {
  const used = { wallMs: 125_000n, cpuMs: 90_000n, peakMemoryBytes: 192n * 2n ** 20n, fuel: 77n, bytesIn: 3_072n };
  const map = { ...StepUsage.decode(empty), step: "map", attempts: 9, outOfMemory: 2 };
  const asked = { step: "map", field: "needs.mem", asked: "2Gi", suggested: "256Mi" };
  const usage = [{ ...map, total: { ...ResourceUsage.decode(empty), ...used } }];
  const reason = "nearly all accepted attempts used at most 192Mi";
  const lines = jobLines({ ...Job.decode(empty), usage, suggestions: [{ ...asked, reason }] });
  expect(Object.fromEntries(lines)).toMatchObject({
    "used by map": "9 attempts, 2m (cpu 2m), memory up to 192Mi, fuel 77, in 3Ki, 2 killed for memory",
    "what they used": expect.stringMatching(/^as the workers say/),
    "next time": "needs.mem: 256Mi for map, not 2Gi: nearly all accepted attempts used at most 192Mi",
  });
  expect(jobLines(Job.decode(empty)).map(([label]) => label)).not.toContain("what they used");
});
