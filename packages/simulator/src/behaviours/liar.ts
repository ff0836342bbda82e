// Answers without working: a made-up output, its own each time, as soon as it is asked.
import { type Behaviour, steady } from "./behaviour.ts";

export const liar: Behaviour = {
  ...steady,
  name: "liar",
  fault: "wrongAnswer",
  run: ({ lease, right, worker }, random) => {
    // Now and then it tells the truth, as liars do that want to be hired again.
    const lies = random.chance(3, 4);
    return { durationMs: 1 + random.below(10), content: lies ? `lie ${worker} ${lease.leaseId}` : right };
  },
};
