// The earliest moment at which time alone matters to a worker.
import { earliest, type Millis } from "@starling/kernel";
import { wakeSender } from "@starling/settlement";
import { noticeEnds } from "./owner/hold.ts";
import { senderOf } from "./sender-bridge.ts";
import type { WorkerState } from "./state.ts";

export function nextWake(state: WorkerState): Millis | null {
  let wake: Millis | null = wakeSender(senderOf(state));
  for (const connection of state.presence.connections.values()) wake = earliest(wake, connection.nextBeatAt);
  for (const pending of state.presence.pending.values()) wake = earliest(wake, pending.declineAt);
  for (const held of state.ledger.leases.values()) wake = earliest(wake, held.endsBy);
  return earliest(wake, noticeEnds(state));
}
