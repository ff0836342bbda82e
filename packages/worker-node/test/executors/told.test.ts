// What of an attempt's figures is told, and in which words its end.
import { constants } from "node:os";
import { limits } from "@starling/protocol";
import { expect, test } from "vitest";
import { memoryText, signalText } from "../../src/shell/executors/ending-text.ts";
import { toldOfFailure, toldUsage } from "../../src/shell/executors/usage.ts";

const MEBIBYTE = 2 ** 20;
const used = { wallMs: 10.4, cpuMs: 7.6, peakMemoryBytes: 5 * MEBIBYTE, bytesIn: 3, bytesOut: 0, fuel: 0 };
const ended = { message: "", log: "", usage: used };

test("figures are whole, and what was not measured is left out", () => {
  expect(toldUsage(used)).toEqual({ wallMs: 10, cpuMs: 8, peakMemoryBytes: 5 * MEBIBYTE, bytesIn: 3 });
  const gpu = { memoryBytes: 1, busyPercent: 40 };
  expect(toldUsage({ ...used, bytesOut: 4, fuel: 5, gpu })).toMatchObject({ bytesOut: 4, fuel: 5, gpu });
});

test("no figure is beyond what a coordinator takes, else it would refuse all that is told with it", () => {
  const mad = { wallMs: -1, cpuMs: 1e300, peakMemoryBytes: 1e300, bytesIn: 1e300, bytesOut: 1e300, fuel: 0 };
  expect(toldUsage(mad)).toEqual({
    wallMs: 0,
    cpuMs: limits.usedCpuMs,
    peakMemoryBytes: limits.usedMemoryBytes,
    bytesIn: limits.usedBytes,
    bytesOut: limits.usedBytes,
  });
});

test("a failure tells how its program ended, where it ran", () => {
  const failed = { kind: "failed", reason: "exit", ...ended } as const;
  expect(toldOfFailure({ ...failed, exitCode: 137, signal: 9, outOfMemory: true })).toEqual({
    usage: toldUsage(used),
    ending: { exitCode: 137, signal: 9, outOfMemory: true },
  });
  expect(toldOfFailure(failed)).toEqual({ usage: toldUsage(used) });
  expect(toldOfFailure({ kind: "timedOut", ...ended })).toEqual({ usage: toldUsage(used) });
  expect(toldOfFailure({ kind: "infrastructure", message: "" })).toEqual({});
});

test("a kill for memory says what was used, what may be used, and what to change", () => {
  const limit = { memoryBytes: 256 * MEBIBYTE, outputBytes: 64 * MEBIBYTE };
  expect(memoryText(limit, 256 * MEBIBYTE)).toBe("killed for memory: used 256Mi of 256Mi; ask for more with needs.mem");
  expect(memoryText(limit, 320 * MEBIBYTE)).toBe(
    "killed for memory: used 320Mi of 256Mi and 64Mi for files under /out; ask for more with needs.mem",
  );
  expect(memoryText(limit, 0)).toBe("killed for memory: it may have 256Mi; ask for more with needs.mem");
});

test("signals have names, and those that programs die of a meaning", () => {
  expect(signalText(constants.signals.SIGSEGV)).toBe(
    "it was ended by signal 11 (SIGSEGV): it touched memory that is not its own",
  );
  expect(signalText(constants.signals.SIGUSR1)).toBe("it was ended by signal 10 (SIGUSR1)");
  expect(signalText(60)).toBe("it was ended by signal 60");
});
