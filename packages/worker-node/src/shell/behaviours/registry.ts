// Every behaviour by its name.
import { type Behaviour, type BehaviourParts, honest } from "./behaviour.ts";
import { drifter } from "./drifter.ts";
import { equivocator } from "./equivocator.ts";
import { framer } from "./framer.ts";
import { late } from "./late.ts";
import { lazy } from "./lazy.ts";
import { liar } from "./liar.ts";
import { partial } from "./partial.ts";
import { replayer } from "./replayer.ts";
import { selfish } from "./selfish.ts";
import { sleeper } from "./sleeper.ts";
import { staller } from "./staller.ts";
import { withholder } from "./withholder.ts";

const makers: Readonly<Record<string, (parts: BehaviourParts) => Behaviour>> = {
  liar,
  lazy,
  partial,
  sleeper,
  withholder,
  staller,
  equivocator,
  framer,
  late,
  replayer,
  selfish,
  drifter,
};

/** The names, for help and messages. */
export const behaviourNames: readonly string[] = Object.keys(makers);

const form = /^([a-z]+)(?::([1-9]\d{0,5}))?$/;

/** Makes a behaviour from its name, which may be followed by a number as in `sleeper:50`; null when there is none of that name. */
export function behaviourOf(text: string, { entropy }: Pick<BehaviourParts, "entropy">): Behaviour | null {
  const [, name = "", number] = form.exec(text) ?? [];
  if (!Object.hasOwn(makers, name)) return null;
  return makers[name]?.({ number: number === undefined ? null : Number(number), entropy }) ?? honest;
}

/** Whether there is such a behaviour, for whoever starts workers of it. */
export function isBehaviour(text: string): boolean {
  return Object.hasOwn(makers, form.exec(text)?.[1] ?? "");
}
