// How a run ends from within a host call: these are thrown through the program, which can't catch them.
import type { FailureReason } from "../../executor.ts";

/** The program called `proc_exit`. */
export class ProgramExit extends Error {
  override readonly name = "ProgramExit";
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}

/** The run is over, for a reason of the program's making. */
export class RunFailure extends Error {
  override readonly name = "RunFailure";
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
