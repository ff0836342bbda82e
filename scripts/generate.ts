// Writes all generated code and all generated parts of documents: `node scripts/generate.ts [name...]`.
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Generator } from "./generate/generated-file.ts";
import { generators } from "./generate/registry.ts";

const root = join(import.meta.dirname, "..");
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !generators.some((generator) => generator.name === name));
if (unknown.length > 0) {
  console.error(`no such generator: ${unknown.join(", ")}; there are: ${generators.map((g) => g.name).join(", ")}`);
  process.exit(64);
}
for (const generator of generators) {
  if (wanted.length === 0 || wanted.includes(generator.name)) await write(generator);
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
  const removed = await removeStale(generator, new Set(files.map((file) => file.path)));
  console.log(`${generator.name}: ${files.length} files, ${changed} written, ${removed} removed`);
}

async function removeStale(generator: Generator, fresh: ReadonlySet<string>): Promise<number> {
  let removed = 0;
  for (const folder of generator.owns) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const path = join(entry.parentPath, entry.name);
      if (fresh.has(path.slice(root.length + 1))) continue;
      await rm(path);
      removed += 1;
    }
  }
  return removed;
}
