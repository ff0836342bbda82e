// What the calibration program of a runtime class must compute. A machine whose engine computes anything else is no member of the class:
// its answers would differ from everybody's, and look like lies.
import { present } from "@starling/kernel";
import type { Hash } from "../ids.ts";
import { type RuntimeClass, runtimeClasses } from "../worker-record.ts";

/** A calibration program's version with the SHA-256 of its output. */
export interface Calibration {
  readonly version: number;
  readonly digest: Hash;
}

/**
 * By class, the newest version first; members of any of them compute the same. A class without one has no members yet. The worker's own
 * tests run the program and compute its output a second time without WebAssembly.
 */
export const calibrations: Readonly<Record<RuntimeClass, readonly Calibration[]>> = {
  wasm: [{ version: 1, digest: "0x33fb612bcb1bf80ba704531f64d526e16b4445c29e3316bcd0fe9315d4b22388" }],
  cpu: [],
  "cpu-image": [],
  "cpu-root": [],
  gpu: [],
  "gpu-tolerant": [],
  opaque: [],
};

/**
 * Classes without one calibration for all: what a member computes depends on its processor's instructions, or its GPU, and on the
 * libraries or the driver of its owner, and its calibration names both. Members compute the same only where their calibrations are equal.
 */
const groupedClasses: readonly RuntimeClass[] = ["cpu", "cpu-image", "cpu-root", "gpu"];

/** Answers of these are compared within bounds that the payer names, and not by what machines have in common. */
const tolerantClasses: readonly RuntimeClass[] = ["gpu-tolerant"];

/** Whether answers in this class can be compared only among workers of equal calibration. */
export function isGrouped(name: RuntimeClass): boolean {
  return groupedClasses.includes(name);
}

/** What a machine of the class computes; throws for a class without members. */
export function calibrationOf(name: RuntimeClass): Hash {
  return present(calibrations[name][0], `calibration of ${name}`).digest;
}

/**
 * Whether the engine that a record offers reproduced its class's calibration; any one will do where members form groups. That keeps honest machines that compute wrongly out of
 * replica sets; who copies the digest is found out by the answers that it gives.
 */
export function isCalibrated({ name, calibration }: { readonly name: string; readonly calibration: string }): boolean {
  const known = runtimeClasses.find((one) => one === name);
  if (known === undefined) return false;
  return (
    isGrouped(known) ||
    tolerantClasses.includes(known) ||
    calibrations[known].some(({ digest }) => digest === calibration)
  );
}
