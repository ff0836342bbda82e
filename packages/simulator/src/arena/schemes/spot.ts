// The level `spot`: one replica and an audit lottery.
import { starling } from "./starling.ts";
import { rulesOf } from "./starling-rules.ts";

export const spot = starling(rulesOf("spot", "spot"));
