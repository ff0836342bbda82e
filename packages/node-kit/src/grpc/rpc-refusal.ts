// A refusal of a call, with a code of the project's table and the fields at fault.

/** Thrown by a handler to refuse a call. Everything else that a handler throws becomes an opaque INTERNAL. */
export class RpcRefusal extends Error {
  override readonly name = "RpcRefusal";
  /** A code of the protocol's error table, such as `jobNotFound`. */
  readonly code: string;
  /** The gRPC status number that the table names. */
  readonly status: number;
  readonly fields: readonly { readonly field: string; readonly description: string }[];
  /** After how many milliseconds a retry may help; null when it does not. */
  readonly retryAfterMs: number | null;

  constructor(refusal: {
    code: string;
    status: number;
    message: string;
    fields?: RpcRefusal["fields"];
    retryAfterMs?: number | null;
  }) {
    super(refusal.message);
    this.code = refusal.code;
    this.status = refusal.status;
    this.fields = refusal.fields ?? [];
    this.retryAfterMs = refusal.retryAfterMs ?? null;
  }
}
