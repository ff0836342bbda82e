// How a run ends from within a host call: these are thrown through the program, which can't catch them.
import type { FailureReason } from "../../executor.ts";

/** The program called `proc_exit`. */
export class ProgramExit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

/** The run is over, for a reason of the program's making. */
export class RunFailure {
  readonly reason: FailureReason;
  readonly message: string;

  constructor(reason: FailureReason, message: string) {
    this.reason = reason;
    this.message = message;
  }
}
