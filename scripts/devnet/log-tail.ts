// The end of a log file: what a daemon said last.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

const tailBytesMax = 64 * 1024;

/** The last lines of a file; empty when there is none. */
export function tailOf(path: string, linesMax: number): readonly string[] {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, tailBytesMax));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const lines = bytes.toString("utf8", 0, read).trimEnd().split("\n");
    return lines.slice(-linesMax).filter((line) => line !== "");
  } finally {
    closeSync(file);
  }
}

/** The last line that complains: an event of level error, or an error that no logger wrote. Null when there is none. */
export function lastComplaint(path: string): string | null {
  for (const line of tailOf(path, 200).toReversed()) {
    const event = eventIn(line);
    if (event === null && /^(error: |[A-Za-z]*Error\b)/.test(line)) return line.trim();
    if (event?.level === "error") return [event.message, event.error].filter(Boolean).join(": ");
  }
  return null;
}

function eventIn(line: string): { readonly level: string; readonly message: string; readonly error: string } | null {
  try {
    const { level, message, error } = JSON.parse(line) as Record<string, unknown>;
    return { level: String(level), message: String(message), error: typeof error === "string" ? error : "" };
  } catch {
    return null;
  }
}
