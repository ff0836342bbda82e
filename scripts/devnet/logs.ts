// `starling devnet logs`: what the daemons wrote, all of them with their names in front, or one as it is.
import { closeSync, fstatSync, openSync, readSync, watch } from "node:fs";
import { exitCode } from "@starling/protocol";
import { placesIn } from "./places.ts";
import { readState } from "./state-file.ts";

const pieceBytes = 256 * 1024;

/** Prints logs; with `follow` it goes on until it is interrupted. */
export async function logs(
  { home, name, follow }: { readonly home: string; readonly name: string | null; readonly follow: boolean },
  signal: AbortSignal,
): Promise<number> {
  const daemons = readState(placesIn(home))?.daemons.filter(({ log }) => log !== "") ?? [];
  const chosen = name === null ? daemons : daemons.filter((daemon) => daemon.name === name);
  if (chosen.length === 0) {
    const known = daemons.map((daemon) => daemon.name).join(", ");
    process.stderr.write(
      name === null || known === ""
        ? `there are no logs in ${home}\n`
        : `there is no daemon ${name}; there are ${known}\n`,
    );
    return exitCode.failed;
  }
  const readers = chosen.map((daemon) => new LogReader(daemon.log, name === null ? `${daemon.name} | ` : ""));
  for (const reader of readers) reader.print();
  if (follow) await followAll(readers, signal);
  for (const reader of readers) reader.close();
  return exitCode.ok;
}

function followAll(readers: readonly LogReader[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const watchers = readers.map((reader) => watch(reader.path, () => reader.print()));
    signal.addEventListener("abort", () => {
      for (const watcher of watchers) watcher.close();
      resolve();
    });
  });
}

class LogReader {
  readonly path: string;
  readonly #prefix: string;
  readonly #file: number;
  #at = 0;
  #rest = "";

  constructor(path: string, prefix: string) {
    this.path = path;
    this.#prefix = prefix;
    this.#file = openSync(path, "r");
  }

  /** Prints whole lines that have come since. */
  print(): void {
    const bytes = Buffer.alloc(pieceBytes);
    while (this.#at < fstatSync(this.#file).size) {
      const read = readSync(this.#file, bytes, 0, bytes.length, this.#at);
      if (read === 0) return;
      this.#at += read;
      const lines = (this.#rest + bytes.toString("utf8", 0, read)).split("\n");
      this.#rest = lines.pop() ?? "";
      process.stdout.write(lines.map((line) => `${this.#prefix}${line}\n`).join(""));
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}
