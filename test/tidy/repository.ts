// The files of the repository as the tidy tests see them: what git tracks or would track.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The repository's root folder. */
export const root = join(import.meta.dirname, "../..");

/** Every file that is tracked, or new and not ignored, relative to the root. */
export const files: readonly string[] = execFileSync(
  "git",
  ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
  { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
)
  .split("\0")
  .filter((path) => path !== "" && existsSync(join(root, path)))
  .sort();

/** The names of the packages' folders. */
export const packages: readonly string[] = files
  .map((path) => /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1])
  .filter((name) => name !== undefined);

/** The text of a file. */
export function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Whether people write this file: not generated, not a lockfile, not a binary. */
export function isWritten(path: string): boolean {
  return !/(^|\/)(generated|artifacts|snapshots)\/|package-lock\.json$|pnpm-lock\.yaml$|\.(wasm|png|ico|csv)$/.test(
    path,
  );
}

/** Hand-written TypeScript and plain JavaScript. */
export const code: readonly string[] = files.filter((path) => /\.(ts|mjs|cjs)$/.test(path) && isWritten(path));

/** `path:line` of every match in the given files, for a failure that can be clicked. */
export function matches(paths: readonly string[], pattern: RegExp): readonly string[] {
  const found: string[] = [];
  for (const path of paths) {
    for (const [index, line] of read(path).split("\n").entries()) {
      if (pattern.test(line)) found.push(`${path}:${index + 1}: ${line.trim().slice(0, 120)}`);
    }
  }
  return found;
}
