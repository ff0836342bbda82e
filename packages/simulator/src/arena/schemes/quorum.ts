// The level `quorum`: two replicas that must agree, and the lottery on top.
import { starling } from "./starling.ts";
import { rulesOf } from "./starling-rules.ts";

export const quorum = starling(rulesOf("quorum", "quorum"));
