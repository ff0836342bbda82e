// Every generator, in the order in which they run: later ones may read what earlier ones wrote.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Generator } from "./generated-file.ts";
import { protobuf } from "./protobuf.ts";
import { readme } from "./readme.ts";

const packages = readdirSync(join(import.meta.dirname, "../../packages")).sort();

/** All generators of the repository. */
export const generators: readonly Generator[] = [protobuf, ...packages.map((name) => readme(`packages/${name}`))];
