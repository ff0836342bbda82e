// The level `quorum` where the payer has no machine of his own: fresh replicas settle mismatches.
import { starling } from "./starling.ts";
import { rulesOf } from "./starling-rules.ts";

export const quorumAlone = starling(rulesOf("quorum, no referee", "quorum", { hasReferee: false }));
