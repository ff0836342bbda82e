// Accepts and beats, and never finishes.
import { type Behaviour, steady } from "./behaviour.ts";

const NEVER_MS = 3_600_000;

export const staller: Behaviour = {
  ...steady,
  name: "staller",
  fault: "workStalled",
  run: ({ right }) => ({ durationMs: NEVER_MS, content: right }),
};
