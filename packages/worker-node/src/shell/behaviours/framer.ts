// Lies rarely, in the hope to be somebody else's auditor just then, so that an honest worker takes the blame.
import { type Behaviour, type BehaviourParts, everyNth, honest } from "./behaviour.ts";
import { lyingExecutor } from "./wrong-answer.ts";

/** An audit looks like any other lease, so all that it can choose is how rarely it lies. */
const shareDefault = 16;

/** Makes a framing auditor; `framer:4` lies in one of four tasks. */
export function framer({ number, entropy }: BehaviourParts): Behaviour {
  const lies = everyNth(number ?? shareDefault);
  return { ...honest, executor: (executor) => lyingExecutor(executor, { lies, entropy }) };
}
