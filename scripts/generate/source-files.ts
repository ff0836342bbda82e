// The hand-written source files of a package.
import { readdir } from "node:fs/promises";
import { join } from "node:path";

/** Paths of the `.ts` files under `folder/src`, relative to `src`, sorted so that a folder's files follow its own. */
export async function sourceFiles(folder: string): Promise<readonly string[]> {
  const source = join(folder, "src");
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name).slice(source.length + 1))
    .filter((path) => !path.startsWith("generated/") && !path.includes("/generated/"))
    .sort((a, b) => compare(sortKey(a), sortKey(b)));
}

/** Files of a folder before its subfolders, `index.ts` first. */
function sortKey(path: string): string {
  const parts = path.split("/");
  const name = parts.pop() ?? "";
  const folders = parts.map((part) => `1${part}/`).join("");
  return `${folders}0${name === "index.ts" ? "" : name}`;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
