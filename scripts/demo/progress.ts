// What happens, as it happens: one line that changes on a terminal, plain lines elsewhere.
import { performance } from "node:perf_hooks";
import type { WriteStream } from "node:tty";

const barWidth = 30;
/** Elsewhere a line for each quarter of the way says enough. */
const plainParts = 4;

/** Prints to a terminal or a file. */
export class Progress {
  readonly #stream: NodeJS.WriteStream | WriteStream;
  readonly #startedAt = performance.now();
  readonly #isTerminal: boolean;
  #isLineOpen = false;
  #plainPart = -1;

  constructor(stream: NodeJS.WriteStream | WriteStream) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
  }

  /** A step that stays on the screen. */
  step(text: string): void {
    this.#clear();
    this.#stream.write(`${this.#time()}  ${text}\n`);
  }

  /** How far something is; replaces the line before on a terminal. */
  bar(done: number, total: number, text: string): void {
    const filled = total === 0 ? 0 : Math.floor((barWidth * done) / total);
    const line = `${this.#time()}  [${"#".repeat(filled)}${"-".repeat(barWidth - filled)}] ${done}/${total} ${text}`;
    if (this.#isTerminal) {
      this.#stream.write(`\r\u001b[2K${line}`);
      this.#isLineOpen = true;
      return;
    }
    const part = total === 0 ? 0 : Math.floor((plainParts * done) / total);
    if (part === this.#plainPart) return;
    this.#plainPart = part;
    this.#stream.write(`${line}\n`);
  }

  /** Leaves the line for what follows. */
  end(): void {
    this.#clear();
  }

  #clear(): void {
    if (this.#isLineOpen) this.#stream.write("\r\u001b[2K");
    this.#isLineOpen = false;
  }

  #time(): string {
    return `${((performance.now() - this.#startedAt) / 1_000).toFixed(1).padStart(5)} s`;
  }
}
