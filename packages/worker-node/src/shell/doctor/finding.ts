// What a check of this machine found.

/** One line of the report. */
export interface Finding {
  /** What was looked at. */
  readonly check: string;
  readonly status: "ok" | "warning" | "failure";
  readonly message: string;
  /** What mends it; absent when nothing has to be mended. */
  readonly fix?: string;
}

/** All is well. */
export function ok(check: string, message: string): Finding {
  return { check, status: "ok", message };
}

/** The worker runs, with less than it could have. */
export function warning(check: string, message: string, fix: string): Finding {
  return { check, status: "warning", message, fix };
}

/** The worker does not start, or gets no work. */
export function failure(check: string, message: string, fix: string): Finding {
  return { check, status: "failure", message, fix };
}

/** An error's words. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
