// Shows that the sandbox works by running a small built-in program, whose output also calibrates the runtime class.
import { createHash } from "node:crypto";
import { calibrations, type Hash, isCalibrated } from "@starling/protocol";
import type { ProbeResult, RunOutcome, TaskRun } from "../executor.ts";
import { OWN_PROGRAMS } from "./pool.ts";
import { probeProgram } from "./probe-program.ts";
import { FUEL_SCHEDULE } from "./rewriter/fuel-schedule.ts";

/** How programs are held, for the offer. */
const ISOLATION = "v8-child-process";

const PROBE_TIMEOUT_MS = 10_000;

/** What the probe's program uses by the fuel schedule: a machine that counts otherwise would tell other fuel than its class. */
const PROBE_FUEL = 13_865;

/** The probe as a task. */
export function probeTask(): TaskRun {
  const program = probeProgram();
  return {
    leaseId: "probe",
    payer: OWN_PROGRAMS,
    program,
    programDigest: `probe:${createHash("sha256").update(program).digest("hex")}`,
    args: [],
    env: {},
    inputs: [],
    outputs: [{ name: "probe", path: "probe" }],
    limits: {
      timeoutMs: PROBE_TIMEOUT_MS,
      memoryBytes: 1024 * 1024,
      outputBytes: 4_096,
      outputFiles: 1,
      logBytes: 1_024,
    },
  };
}

/** Runs the probe in the same way as any task. */
export async function probe(run: (task: TaskRun) => Promise<RunOutcome>): Promise<ProbeResult> {
  const outcome = await run(probeTask());
  if (outcome.kind !== "completed") return { works: false, reason: `the probe ${outcome.kind}: ${outcome.message}` };
  const bytes = outcome.outputs[0]?.bytes ?? new Uint8Array(0);
  const calibration: Hash = `0x${createHash("sha256").update(bytes).digest("hex")}`;
  // Equal on all machines of the class: another one means wrong arithmetic.
  if (!isCalibrated({ name: "wasm", calibration })) {
    const [reference] = calibrations.wasm;
    return { works: false, reason: `the probe computed ${calibration} instead of ${reference?.digest}` };
  }
  if (outcome.usage.fuel !== PROBE_FUEL) {
    return {
      works: false,
      reason: `the probe used ${outcome.usage.fuel} units of ${FUEL_SCHEDULE} instead of ${PROBE_FUEL}`,
    };
  }
  const engine = `V8 ${process.versions.v8}`;
  return { works: true, calibration, engine, isolation: ISOLATION, wallMs: outcome.usage.wallMs };
}
