// Names on the network: gossip topics, stream protocols, and their versions.
import type { RuntimeClass } from "./worker-record.ts";

/** The version that Hello carries. N and N-1 interoperate. */
export const protocolVersion = 1;
/** The oldest version that is still understood. */
export const protocolVersionMin = 1;

/** The long-lived stream between a worker and a coordinator: `WorkerFrame` and `CoordinatorFrame`. */
export const workProtocol = "/starling/work/1";
/** Has, Put and Get of files by content id: `BlobRequest` and `BlobResponse`. */
export const blobProtocol = "/starling/blob/1";
/** Asks a worker for its signed record: an empty frame, answered by a `SignedWorkerRecord`. */
export const recordProtocol = "/starling/record/1";
/** A juror asks for the task of a dispute: one `DisputeAsk`, answered by one `DisputeAnswer`. */
export const disputeProtocol = "/starling/dispute/1";

const NETWORK_ID = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** Whether the text may name a network: it stands in topics and DHT keys. */
export function isNetworkId(text: string): boolean {
  return NETWORK_ID.test(text);
}

/** Offers of work of one runtime class; only workers that run the class subscribe. */
export function offerTopic(networkId: string, runtimeClass: RuntimeClass): string {
  return `/starling/${networkId}/offers/${runtimeClass}/1`;
}

/** Announcements of workers that join, change or leave. */
export function announcementTopic(networkId: string): string {
  return `/starling/${networkId}/workers/1`;
}
