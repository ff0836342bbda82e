// What the API's handlers work with.
import type { ArtifactStore, ChainNetwork } from "@starling/node-kit";
import type { SignDigest } from "@starling/protocol";
import type { ChainHealth } from "../chain-health.ts";
import type { CoordinatorQueries } from "../chain-parts.ts";
import type { SubmissionChecks } from "./submission.ts";
import type { CoordinatorEngine, EventLog } from "./watch.ts";

export interface ApiDeps {
  readonly engine: CoordinatorEngine;
  readonly events: EventLog;
  readonly artifacts: ArtifactStore;
  readonly queries: CoordinatorQueries;
  readonly network: ChainNetwork;
  readonly chainHealth: Pick<ChainHealth, "silence">;
  readonly checks: SubmissionChecks;
  /** Seals receipts. */
  readonly sign: SignDigest;
  readonly networkId: string;
  readonly peerId: string;
}
