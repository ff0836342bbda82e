// Looks through one archive in a process of its own and prints why it is refused, and by how many bytes the process grew meanwhile.
import { statSync } from "node:fs";
import { archiveParts } from "../../src/shell/executors/oci/archive.ts";
import { imageOf, refusalOf } from "../../src/shell/executors/oci/image.ts";
import { inFile } from "../../src/shell/executors/stored.ts";

const path = process.argv[2] ?? "";
const peak = (): number => process.resourceUsage().maxRSS * 1_024;
const before = peak();
let said: string;
try {
  await imageOf(await archiveParts(inFile(path, statSync(path).size)));
  said = "it is an image";
} catch (error) {
  const refusal = refusalOf(error);
  if (refusal === null) throw error;
  said = refusal.message;
}
process.stdout.write(JSON.stringify({ said, grown: peak() - before }));
