// The level `strong`: three replicas that must agree, and the lottery on top.
import { starling } from "./starling.ts";
import { rulesOf } from "./starling-rules.ts";

export const strong = starling(rulesOf("strong", "strong"));
