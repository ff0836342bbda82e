// Commits, waits until it has seen the closed set, and reveals only if it likes what it sees.
import { type Behaviour, steady } from "./behaviour.ts";

export const lastRevealer: Behaviour = {
  ...steady,
  name: "last revealer",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(200), content: right }),
  mangle: (effect, { count }) => {
    if (effect.type !== "sendReveals") return [effect];
    // What it likes is a bit of its own salt: it knew it before, as everything that it can ever choose by.
    const items = effect.items.filter(({ salt }) => Number.parseInt(salt.slice(-1), 16) % 4 !== 0);
    if (items.length === effect.items.length) return [effect];
    count("revealWithheldBySet");
    return items.length === 0 ? [] : [{ ...effect, items }];
  },
};
