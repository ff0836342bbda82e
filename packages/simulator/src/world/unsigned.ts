// Signatures of a simulated network.
import type { FrameSignature } from "@starling/protocol";

/** Signatures are checked before a core sees a frame, so in here any text will do. */
export const unsigned: FrameSignature = {
  root: `0x${"00".repeat(32)}`,
  count: 1,
  epoch: 1,
  sequence: 1,
  signature: `0x${"00".repeat(65)}`,
};
