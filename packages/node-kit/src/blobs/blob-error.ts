// Why a file could not be moved between two peers.
import type { ErrorCode } from "@starling/protocol";

/** A transfer that failed. What was verified before stays, so that a later try goes on from there. */
export class BlobError extends Error {
  override readonly name = "BlobError";
  /** `badFrame`: the peer broke the protocol; `timedOut`: it stayed silent; `artifactCorrupt`: it sent other bytes; else what it refused with. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
