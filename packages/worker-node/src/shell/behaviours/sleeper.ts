// Honest until so many of its results were accepted, and a liar from then on: what a good name is worth to a cheat.
import { type Behaviour, type BehaviourParts, honest } from "./behaviour.ts";
import { lyingExecutor } from "./wrong-answer.ts";

const honestResultsDefault = 10;

/** Makes a sleeper; `sleeper:50` wakes after fifty accepted results. It counts anew after a restart. */
export function sleeper({ number, entropy }: BehaviourParts): Behaviour {
  let left = number ?? honestResultsDefault;
  return {
    ...honest,
    executor: (executor) => lyingExecutor(executor, { lies: () => left <= 0, entropy }),
    learns: (fact) => {
      if (fact.type === "leaseSettled" && fact.verdict === "accepted") left -= 1;
    },
  };
}
