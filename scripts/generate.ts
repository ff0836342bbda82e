// Writes all generated code and all generated parts of documents: `node scripts/generate.ts [name...]`.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Generator } from "./generate/generated-file.ts";
import { generators } from "./generate/registry.ts";
import { staleFiles } from "./generate/stale.ts";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !generators.some((generator) => generator.name === name));
if (unknown.length > 0) {
  console.error(`no such generator: ${unknown.join(", ")}; there are: ${generators.map((g) => g.name).join(", ")}`);
  process.exit(64);
}
for (const generator of generators) {
  if (wanted.length > 0 && !wanted.includes(generator.name)) continue;
  await write(generator).catch((error: unknown) => {
    console.error(`${generator.name}: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  });
}

async function write(generator: Generator): Promise<void> {
  const files = await generator.run(root);
  let changed = 0;
  for (const file of files) {
    const path = join(root, file.path);
    if ((await readFile(path, "utf8").catch(() => null)) === file.content) continue;
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file.content);
    changed += 1;
  }
  const stale = await staleFiles(root, generator, files);
  for (const path of stale) await rm(join(root, path));
  console.log(`${generator.name}: ${files.length} files, ${changed} written, ${stale.length} removed`);
}
