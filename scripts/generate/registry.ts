// Every generator, in the order in which they run: later ones may read what earlier ones wrote.
import type { Generator } from "./generated-file.ts";
import { protobuf } from "./protobuf.ts";
import { readme } from "./readme.ts";

/** All generators of the repository. */
export const generators: readonly Generator[] = [protobuf, readme];
