// Fails when `scripts/generate.ts` would change, add or remove a file. Writes nothing.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Generator } from "./generate/generated-file.ts";
import { generators } from "./generate/registry.ts";
import { staleFiles } from "./generate/stale.ts";

const root = join(import.meta.dirname, "..");
const all: string[] = [];
for (const generator of generators) {
  const found = await differences(generator);
  console.log(`${generator.name}: ${found.length === 0 ? "fresh" : "stale"}`);
  all.push(...found);
}
if (all.length > 0) {
  console.error(`run \`node scripts/generate.ts\`; these differ:\n${all.join("\n")}`);
  process.exitCode = 1;
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
