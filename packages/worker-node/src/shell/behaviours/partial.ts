// Answers wrongly now and then, as somebody would who saves a share of the work and hopes to pass.
import { type Behaviour, type BehaviourParts, everyNth, honest } from "./behaviour.ts";
import { lyingExecutor } from "./wrong-answer.ts";

/** One of so many answers is wrong. */
const shareDefault = 4;

/** Makes a partial faker; `partial:10` lies in one of ten tasks. */
export function partial({ number, entropy }: BehaviourParts): Behaviour {
  const lies = everyNth(number ?? shareDefault);
  return { ...honest, executor: (executor) => lyingExecutor(executor, { lies, entropy }) };
}
