// Two replicas; when they differ, another one until two agree.
import { fixedReplicas } from "./fixed-replicas.ts";

export const fixedTwo = fixedReplicas("fixed R = 2", { first: 2, votes: 2 });
