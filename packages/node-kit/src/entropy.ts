// The only file that reads the random device: words for a turn's random streams, and bytes for salts and keys.
import { randomBytes } from "node:crypto";

/** A source of unpredictable bytes. */
export interface Entropy {
  /** Eight unsigned 32-bit words: the key of one turn's random streams. */
  words(): number[];
  /** That many random bytes. */
  bytes(count: number): Uint8Array;
}

const WORDS_PER_TURN = 8;

/** The machine's random device. */
export const systemEntropy: Entropy = {
  words: () => {
    const bytes = randomBytes(4 * WORDS_PER_TURN);
    return Array.from({ length: WORDS_PER_TURN }, (_, index) => bytes.readUInt32LE(4 * index));
  },
  bytes: (count) => new Uint8Array(randomBytes(count)),
};
