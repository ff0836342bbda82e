// One of a coalition that rules on a task twice: first it stands for its lie against an honest answer, later for the truth against its own lie.
import { type Behaviour, steady } from "./behaviour.ts";

/** The first to answer a task tells the truth; those who come after him lie, as many as it takes to outvote him; the rest tell the truth. */
const LIARS = { first: 2, last: 5 };

export const waverer: Behaviour = {
  ...steady,
  name: "waverer",
  run: ({ lease, right, operator, den }, random, count) => {
    const place = den.note(`waverers on ${lease.taskSpec}`, operator);
    const lies = place >= LIARS.first && place <= LIARS.last;
    if (lies) count("wrongAnswer");
    return { durationMs: 50 + random.below(100), content: lies ? `the waverers' lie about ${lease.taskSpec}` : right };
  },
};
