// Fails when `scripts/generate.ts` would change, add or remove a file. Writes nothing.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type ExternalCheck, externalChecks } from "./generate/external.ts";
import type { Generator } from "./generate/generated-file.ts";
import { generators } from "./generate/registry.ts";
import { runCommand } from "./generate/run-command.ts";
import { staleFiles } from "./generate/stale.ts";

const root = join(import.meta.dirname, "..");
const complaints: string[] = [];
for (const generator of generators) {
  const found = await differences(generator).catch((error: unknown) => [`${generator.name}: ${error}`]);
  note(generator.name, found.length === 0 ? [] : ["run `node scripts/generate.ts`; these differ:", ...found]);
}
for (const check of externalChecks) note(check.name, await complaintsOf(check));
if (complaints.length > 0) {
  console.error(complaints.join("\n"));
  process.exitCode = 1;
}

function note(name: string, found: readonly string[]): void {
  console.log(`${name}: ${found.length === 0 ? "fresh" : "stale"}`);
  complaints.push(...found);
}

async function differences(generator: Generator): Promise<readonly string[]> {
  const files = await generator.run(root);
  const found: string[] = [];
  for (const file of files) {
    const content = await readFile(join(root, file.path), "utf8").catch(() => null);
    if (content !== file.content) found.push(`${file.path} (${content === null ? "missing" : "changed"})`);
  }
  const stale = await staleFiles(root, generator, files);
  return [...found, ...stale.map((path) => `${path} (no generator makes it)`)];
}

async function complaintsOf({ argv, mend }: ExternalCheck): Promise<readonly string[]> {
  const finished = await runCommand([process.execPath, ...argv], root);
  return finished.code === 0 ? [] : [`run \`${mend}\`:`, finished.output.trim()];
}
