// google.rpc.Status with field violations and retry advice, as `grpc-status-details-bin` metadata.
import { Metadata } from "@grpc/grpc-js";
import { encodeStatusDetails } from "@starling/protocol/rpc";
import type { RpcRefusal } from "./rpc-refusal.ts";

/** The trailing metadata of a refused call. */
export function detailsMetadata(error: RpcRefusal): Metadata {
  const metadata = new Metadata();
  const bytes = encodeStatusDetails({
    status: error.status,
    message: error.message,
    reason: error.code,
    fields: error.fields,
    retryAfterMs: error.retryAfterMs,
  });
  metadata.set("grpc-status-details-bin", Buffer.from(bytes));
  return metadata;
}
