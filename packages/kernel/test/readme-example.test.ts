// The example of the README: a core that lets a bounded number of guests in.
import { accepted, type Decider, keyFromSeed, randomStreams, rejected, type Turn } from "@starling/kernel";
import { expect, test } from "vitest";

interface Door {
  readonly ledger: { guests: number };
  readonly presence: Record<string, never>;
}
type Fact = { readonly type: "guestEntered" };
type Effect = { readonly type: "greet"; readonly guest: number };

const door: Decider<null, Door, "knock", Fact, Effect> = {
  initial: () => ({ ledger: { guests: 0 }, presence: {} }),
  decide(state, _input, turn) {
    if (state.ledger.guests === 2) return rejected("FULL", "the room holds two guests; come back later");
    turn.record({ type: "guestEntered" });
    turn.request({ type: "greet", guest: state.ledger.guests });
    return accepted();
  },
  evolve(state) {
    state.ledger.guests += 1;
  },
  resume: () => {},
  nextWake: () => null,
  violations: (state) => (state.ledger.guests > 2 ? ["too many guests"] : []),
  snapshot: (state) => state.ledger,
  restore: (_config, snapshot) => ({ ledger: snapshot as Door["ledger"], presence: {} }),
};

test("the third guest is refused, and nothing is recorded for it", () => {
  const state = door.initial(null);
  const effects: Effect[] = [];
  const turn: Turn<Fact, Effect> = {
    now: 0,
    random: randomStreams(keyFromSeed(1)),
    record: (fact) => door.evolve(state, fact),
    request: (effect) => effects.push(effect),
  };
  const outcomes = [1, 2, 3].map(() => door.decide(state, "knock", turn).ok);
  expect(outcomes).toEqual([true, true, false]);
  expect(effects.map((effect) => effect.guest)).toEqual([1, 2]);
  expect(door.violations(state)).toEqual([]);
});
