// Folders for results: made and tried before anything is spent, with words for what is wrong.
import { accessSync, constants, mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { StarlingError } from "./call-error.ts";

/** Makes a folder and those above it that are missing; throws `StarlingError` when nothing could be written there. */
export function makeFolder(path: string): void {
  try {
    // One level at a time: making all at once never ends on file systems like /proc.
    for (const folder of missing(resolve(path))) mkdirSync(folder, { mode: 0o755 });
    accessSync(path, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
    throw new StarlingError("configuration", `${path} can't be a folder for files here${reason}; name another one`, {
      cause,
    });
  }
}

function missing(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    const found = statSync(at, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) return folders.reverse();
    if (found !== undefined) throw Object.assign(new Error(`${at} is a file`), { code: "ENOTDIR" });
    if (at === dirname(at)) return folders.reverse();
    folders.push(at);
  }
}
