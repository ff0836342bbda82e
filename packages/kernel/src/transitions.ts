// A life cycle as data: which state may follow which, checked on every change and drawn as a diagram for the docs.
import { assert } from "./assert.ts";

/** For each state the states that may follow it. A state with an empty list is terminal. */
export type TransitionTable<S extends string> = { readonly [From in S]: readonly S[] };

/** A named life cycle with its initial state. */
export interface Lifecycle<S extends string> {
  readonly name: string;
  readonly initial: S;
  readonly table: TransitionTable<S>;
}

/** Asserts that the change is allowed, and returns the new state. */
export function transition<S extends string>(lifecycle: Lifecycle<S>, from: S, to: S): S {
  assert(canFollow(lifecycle, from, to), `${lifecycle.name}: ${from} -> ${to} is not a transition`);
  return to;
}

/** Whether the table allows the change. */
export function canFollow<S extends string>(lifecycle: Lifecycle<S>, from: S, to: S): boolean {
  return lifecycle.table[from].includes(to);
}

/** Whether nothing follows this state. */
export function isTerminal<S extends string>(lifecycle: Lifecycle<S>, state: S): boolean {
  return lifecycle.table[state].length === 0;
}

/** The life cycle as a Mermaid state diagram, for READMEs. */
export function toMermaid<S extends string>(lifecycle: Lifecycle<S>): string {
  const lines = ["stateDiagram-v2", `  [*] --> ${lifecycle.initial}`];
  const states = Object.keys(lifecycle.table) as S[];
  for (const from of states) {
    for (const to of lifecycle.table[from]) lines.push(`  ${from} --> ${to}`);
    if (isTerminal(lifecycle, from)) lines.push(`  ${from} --> [*]`);
  }
  return lines.join("\n");
}
