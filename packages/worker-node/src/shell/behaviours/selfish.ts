// Takes the small tasks and leaves the rest to others: pay is by the task.
import type { LeaseItem } from "@starling/protocol";
import { type Behaviour, type BehaviourParts, honest } from "./behaviour.ts";

/** A small task may take so many seconds by its own limit. */
const secondsDefault = 10;

/** Makes a selfish accepter; `selfish:5` declines all that may take longer than five seconds. */
export function selfish({ number }: BehaviourParts): Behaviour {
  const msMax = 1_000 * (number ?? secondsDefault);
  return { ...honest, takes: (lease: LeaseItem) => lease.task.limits.timeoutMs <= msMax };
}
