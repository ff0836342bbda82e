// Workers as the ledger keeps them; whether they are connected is presence.
import type { Millis } from "@starling/kernel";
import type { Address, SignedWorkerRecord } from "@starling/protocol";
import type { Reason } from "../fact.ts";
import type { DiscoverySource } from "../input.ts";
import type { WorkerState } from "../lifecycle/tables.ts";
import type { Observed } from "./observed.ts";

export interface Worker {
  readonly worker: Address;
  operator: Address;
  signed: SignedWorkerRecord;
  state: WorkerState;
  /** Why it is suspended, banned or gone. */
  reason: Reason | null;
  suspendedUntil: Millis | null;
  /** It takes no more leases until it comes back with a higher record sequence than this. */
  drainedSeq: number | null;
  /** By which way it was found first, and from where it last came. */
  readonly source: DiscoverySource;
  remoteAddress: string;
  readonly knownAt: Millis;
  /** Lost, expired and failed leases since the last accepted result. */
  faults: number;
  /** Results that were accepted and that were rejected. */
  accepted: number;
  rejected: number;
  /** What its work showed of its machine; left out before it showed anything. */
  observed?: Observed;
}
