// A credit window: how much of a stream may be on its way between the two threads.
import { assert } from "@starling/kernel";
import { streamCreditBytes, streamCreditFrames } from "./limits.ts";

/** Counts frames and bytes that were handed over and not yet consumed. */
export class CreditWindow {
  #frames = 0;
  #bytes = 0;

  /** True when a frame of this size may go; an oversized one goes when it goes alone. */
  hasRoom(bytes: number): boolean {
    if (this.#frames === 0) return true;
    return this.#frames < streamCreditFrames && this.#bytes + bytes <= streamCreditBytes;
  }

  take(bytes: number): void {
    this.#frames += 1;
    this.#bytes += bytes;
  }

  giveBack(frames: number, bytes: number): void {
    this.#frames -= frames;
    this.#bytes -= bytes;
    assert(this.#frames >= 0 && this.#bytes >= 0, "more credit was returned than was taken");
  }
}
