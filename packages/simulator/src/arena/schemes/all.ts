// Every scheme of the table.
import type { Scheme } from "../arena.ts";
import { boinc } from "./boinc.ts";
import { fixedThree } from "./fixed-three.ts";
import { fixedTwo } from "./fixed-two.ts";
import { poco } from "./poco.ts";
import { quorum } from "./quorum.ts";
import { quorumAlone } from "./quorum-alone.ts";
import { spot } from "./spot.ts";
import { strong } from "./strong.ts";

/** PoCo's `trust` of 10 asks for 90 %, of 100 for 99 %. */
export const schemes: readonly Scheme[] = [
  spot,
  quorum,
  quorumAlone,
  strong,
  boinc,
  poco(10),
  poco(100),
  fixedTwo,
  fixedThree,
];
