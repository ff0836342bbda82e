// Three replicas, the majority wins.
import { fixedReplicas } from "./fixed-replicas.ts";

export const fixedThree = fixedReplicas("fixed R = 3, majority", { first: 3, votes: 2 });
