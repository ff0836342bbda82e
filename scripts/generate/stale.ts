// Files in a generator's own folders that it no longer makes.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile, Generator } from "./generated-file.ts";

/** Paths, relative to the root, of files that lie in the generator's folders and are not among `files`. */
export async function staleFiles(
  root: string,
  generator: Generator,
  files: readonly GeneratedFile[],
): Promise<readonly string[]> {
  const fresh = new Set(files.map((file) => file.path));
  const found: string[] = [];
  for (const folder of generator.owns) {
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((candidate) => candidate.isFile())) {
      const path = join(entry.parentPath, entry.name).slice(root.length + 1);
      if (!fresh.has(path)) found.push(path);
    }
  }
  return found;
}
