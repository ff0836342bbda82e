// The short programs that a machine is measured by. Each does a fixed amount of work; who runs it takes the time.
import { type Challenge, laneProduct } from "@starling/protocol/challenge";

/** What a thread can be asked to run. */
export type Kernel = "cpu" | "memory" | "matrix";

// A few milliseconds each: short enough to fall between two interruptions of a busy machine.
const STEPS = 2 ** 20;
const COPY_MIB = 16;
const MATRIX_SIZE = 128;
const MATRIX_FACTORS = 2;
const MILLION = 1e6;

/** A kernel made ready: `run` does `units` of work, in the unit of its measure times seconds. */
export interface ReadyKernel {
  readonly units: number;
  run(): void;
}

/** Prepares a kernel; its memory is touched once, so that the first run is no different from the others. */
export function readyKernel(kernel: Kernel): ReadyKernel {
  switch (kernel) {
    case "cpu":
      return { units: STEPS / MILLION, run: mixIntegers };
    case "memory": {
      const from = new Uint8Array(COPY_MIB * 2 ** 20).fill(1);
      const to = new Uint8Array(from.length).fill(2);
      return { units: COPY_MIB, run: () => to.set(from) };
    }
    case "matrix": {
      // Its numbers are made anew in each run, which is a small part of the work.
      const challenge = matrixChallenge(`0x${"0".repeat(64)}`);
      return { units: matrixUnits, run: () => void laneProduct(challenge, 0) };
    }
  }
}

/** The matrix product that is measured, with other numbers for each seed. */
export function matrixChallenge(seed: Challenge["seed"]): Challenge {
  return { seed, size: MATRIX_SIZE, factors: MATRIX_FACTORS, lanes: 1 };
}

const matrixUnits = (MATRIX_SIZE ** 3 * MATRIX_FACTORS) / MILLION;

// Every step waits for the one before, so that nothing can be left out or done at once.
function mixIntegers(): void {
  let x = 0x9e3779b9;
  for (let i = 0; i < STEPS; i += 1) x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + i;
  if (x === 0.5) throw new Error("an integer was none");
}
