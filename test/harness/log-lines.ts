// Events in a daemon's log: JSON lines that a test may wait for.
import { existsSync, readFileSync, watch } from "node:fs";
import { within } from "./deadline.ts";

/** One event of a log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly message: string };

/** All events so far. Lines that no logger wrote are left out. */
export function logLines(path: string): readonly LogLine[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as LogLine];
      } catch {
        return [];
      }
    });
}

/** The first event that fits, as soon as it is there. */
export async function logSays(path: string, what: string, fits: (line: LogLine) => boolean): Promise<LogLine> {
  let stop = (): void => undefined;
  const found = new Promise<LogLine>((resolve) => {
    const look = (): void => {
      const line = logLines(path).find(fits);
      if (line !== undefined) resolve(line);
    };
    const watcher = watch(path, look);
    stop = () => watcher.close();
    look();
  });
  return await within(`${path}: ${what}`, found).finally(stop);
}
