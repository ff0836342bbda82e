// What is journalled is what was applied, even if the core shares objects of a fact with its state; tests notice the sharing.
import { describe, expect, it } from "vitest";
import { RecordedTurn, type TurnStart } from "../../src/engine/turn.ts";

interface Fact {
  readonly job: { labels: string[] };
}

interface State {
  job: { labels: string[] } | null;
}

const start: TurnStart = { now: 1, entropy: [1, 2, 3, 4, 5, 6, 7, 8], lastSeq: 7, epoch: 3, ordinal: 2, freeze: false };
// The mistake: the state keeps the fact's own object.
const sharing = {
  evolve: (state: State, fact: Fact): void => {
    state.job = fact.job;
  },
};

describe("a turn", () => {
  it("keeps the text of a fact as it was when it was recorded", () => {
    const state: State = { job: null };
    const turn = new RecordedTurn<State, Fact, string>(sharing, state, start);
    turn.record({ job: { labels: ["a"] } });
    state.job?.labels.push("changed later");
    expect(turn.texts).toEqual(['{"job":{"labels":["a"]}}']);
  });

  it("freezes facts where invariants are checked", () => {
    const state: State = { job: null };
    const turn = new RecordedTurn<State, Fact, string>(sharing, state, { ...start, freeze: true });
    turn.record({ job: { labels: ["a"] } });
    expect(() => state.job?.labels.push("changed later")).toThrow(TypeError);
  });

  it("derives ids of effects from the fact before them", () => {
    const turn = new RecordedTurn<State, Fact, string>(sharing, { job: null }, start);
    turn.request("before any fact of this turn");
    turn.record({ job: { labels: [] } });
    turn.request("first");
    turn.request("second");
    turn.record({ job: { labels: [] } });
    turn.request("third");
    expect(turn.requests.map(({ id }) => id)).toEqual(["3.7.2", "3.8.0", "3.8.1", "3.9.0"]);
    expect(turn.ordinal).toBe(1);
  });
});
