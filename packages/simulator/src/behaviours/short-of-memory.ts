// Claims memory that it does not have: whatever needs it is killed.
import { type Behaviour, steady } from "./behaviour.ts";

export const shortOfMemory: Behaviour = {
  ...steady,
  name: "shortOfMemory",
  run: ({ right }) => ({ durationMs: 500, content: right, isKilled: true }),
};
