// Never works: it reads everything that it is sent and that is gossiped, and answers with what it saw, or guesses one of four possible answers.
import { resultDigest } from "@starling/protocol";
import { outputsOf } from "../world/outputs.ts";
import { type Behaviour, steady } from "./behaviour.ts";

/** So many answers are possible, and only one is right. Whoever guesses is right as often. */
export const POSSIBLE_ANSWERS = 4;
/** It waits as long as it dares, so that others may speak first. */
const WAIT_MS = 2_500;

export const lazyCopier: Behaviour = {
  ...steady,
  name: "lazy copier",
  listens: true,
  run: ({ lease, right, worker, den }, random, count) => ({
    durationMs: WAIT_MS + random.below(500),
    content: () => {
      const answers = [
        right,
        ...Array.from({ length: POSSIBLE_ANSWERS - 1 }, (_, i) => `label ${i} of ${lease.taskSpec}`),
      ];
      const seen = answers.find((answer) => {
        const outputs = outputsOf(answer);
        const traces = [resultDigest(outputs), ...outputs.map(({ cid }) => cid)];
        return traces.some((trace) => den.has(`heard by ${worker}`, trace));
      });
      const given = seen ?? answers[random.below(answers.length)] ?? right;
      count("copyTried");
      if (given === right) count("copyRight");
      return given;
    },
  }),
};
