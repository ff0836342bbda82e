// google.rpc.Status with its details: how a refused call says which code, which fields, and whether to try again.
import { BadRequest, ErrorInfo, RetryInfo } from "../generated/google/rpc/error_details.ts";
import { Status } from "../generated/google/rpc/status.ts";
import { limits } from "../limits.ts";

/** A refusal as both ends of a call see it. */
export interface StatusDetails {
  /** The gRPC status number. */
  readonly status: number;
  readonly message: string;
  /** A code of the error table. */
  readonly reason: string;
  readonly fields: readonly { readonly field: string; readonly description: string }[];
  /** After how many milliseconds a retry may help; null when it does not. */
  readonly retryAfterMs: number | null;
}

/** How protobuf names a message inside an `Any`. */
const TYPE = "type.googleapis.com/google.rpc.";
const DOMAIN = "starling";
/** Metadata is small: more violations than this help nobody. */
const FIELDS_MAX = 20;

/** The bytes of `grpc-status-details-bin`. Long texts are cut, since metadata has a small limit. */
export function encodeStatusDetails(details: StatusDetails): Uint8Array {
  const cut = (text: string): string => text.slice(0, limits.messageLength);
  const { reason, fields, retryAfterMs } = details;
  const any = [
    { typeUrl: `${TYPE}ErrorInfo`, value: ErrorInfo.encode({ reason, domain: DOMAIN, metadata: {} }).finish() },
  ];
  if (fields.length > 0) {
    const fieldViolations = fields.slice(0, FIELDS_MAX).map(({ field, description }) => ({
      field: cut(field),
      description: cut(description),
    }));
    any.push({ typeUrl: `${TYPE}BadRequest`, value: BadRequest.encode({ fieldViolations }).finish() });
  }
  if (retryAfterMs !== null) {
    const retryDelay = { seconds: BigInt(Math.floor(retryAfterMs / 1000)), nanos: (retryAfterMs % 1000) * 1_000_000 };
    any.push({ typeUrl: `${TYPE}RetryInfo`, value: RetryInfo.encode({ retryDelay }).finish() });
  }
  return Status.encode({ code: details.status, message: cut(details.message), details: any }).finish();
}

/** Reads the bytes back; null when they are no status. Details of kinds that are not known are passed over. */
export function decodeStatusDetails(bytes: Uint8Array): StatusDetails | null {
  try {
    const { code, message, details } = Status.decode(bytes);
    const detail = (name: string): Uint8Array | undefined =>
      details.find(({ typeUrl }) => typeUrl === TYPE + name)?.value;
    const info = detail("ErrorInfo");
    const bad = detail("BadRequest");
    const retry = detail("RetryInfo");
    const delay = retry === undefined ? undefined : RetryInfo.decode(retry).retryDelay;
    return {
      status: code,
      message,
      reason: info === undefined ? "" : ErrorInfo.decode(info).reason,
      fields: bad === undefined ? [] : BadRequest.decode(bad).fieldViolations,
      retryAfterMs: delay === undefined ? null : Number(delay.seconds) * 1000 + Math.floor(delay.nanos / 1_000_000),
    };
  } catch {
    // A server that is not ours may put anything there.
    return null;
  }
}
