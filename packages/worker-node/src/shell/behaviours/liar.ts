// Works, and answers wrongly every time.
import { type Behaviour, type BehaviourParts, honest } from "./behaviour.ts";
import { lyingExecutor } from "./wrong-answer.ts";

/** Makes a liar. */
export function liar({ entropy }: BehaviourParts): Behaviour {
  return { ...honest, executor: (executor) => lyingExecutor(executor, { lies: () => true, entropy }) };
}
