// One of several operators that share everything: they give the same wrong answer where all replicas of a task are theirs, and work elsewhere.
import { type Behaviour, steady } from "./behaviour.ts";

/** The others are heard of within this time, or they have no lease of the task. */
const WAIT_MS = 400;

export const opportunist: Behaviour = {
  ...steady,
  name: "opportunist",
  run: ({ lease, right, operator, den, spied }, random, count) => {
    const head = `opportunists on ${lease.taskSpec}`;
    den.note(head, operator);
    return {
      durationMs: WAIT_MS + random.below(100),
      content: () => {
        // Whoever decides first decides for all: another answer beside it would give both away.
        const isDecided = den.has(head, "lie") || den.has(head, "truth");
        const held = den.note(head, operator) - (isDecided ? 1 : 0);
        if (!isDecided) den.note(head, held >= spied.replicas ? "lie" : "truth");
        if (!den.has(head, "lie")) return right;
        count("opportunism");
        return `the coalition's lie about ${lease.taskSpec}`;
      },
    };
  },
};
