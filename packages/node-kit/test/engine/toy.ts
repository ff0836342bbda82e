// A toy core: accounts, transfers that must be announced to the world, and one alarm. Small, but with every member of the contract.
import { accepted, type Decider, type Millis, rejected } from "@starling/kernel";

export type ToyInput =
  | { readonly type: "deposit"; readonly account: string; readonly amount: bigint; readonly times?: number }
  | { readonly type: "announced"; readonly transfer: number }
  | { readonly type: "alarm"; readonly at: Millis }
  | { readonly type: "look" }
  | { readonly type: "roll" }
  | { readonly type: "explode" }
  | { readonly type: "corrupt" }
  | { readonly type: "tick" };

export type ToyFact =
  | { readonly type: "deposited"; readonly transfer: number; readonly account: string; readonly amount: bigint }
  | { readonly type: "announced"; readonly transfer: number }
  | { readonly type: "alarmSet"; readonly at: Millis }
  | { readonly type: "alarmRang"; readonly at: Millis }
  | { readonly type: "corrupted" };

export type ToyEffect = { readonly type: "announce"; readonly transfer: number } | { readonly type: "ring" };

export interface ToyState {
  transfers: number;
  total: bigint;
  readonly accounts: Map<string, bigint>;
  /** Transfers that the world does not know yet. */
  readonly owed: Map<number, string>;
  alarmAt: Millis | null;
}

export interface ToyConfig {
  readonly opening: bigint;
}

/** Turn times as the core saw them, for tests of the clock. */
export const toyTimes: Millis[] = [];

export const toy: Decider<ToyConfig, ToyState, ToyInput, ToyFact, ToyEffect> = {
  initial: ({ opening }) => ({
    transfers: 0,
    total: opening,
    accounts: new Map([["bank", opening]]),
    owed: new Map(),
    alarmAt: null,
  }),
  decide: (state, input, turn) => {
    toyTimes.push(turn.now);
    switch (input.type) {
      case "deposit": {
        if (input.amount <= 0n) return rejected("invalid", "the amount must be positive");
        for (let n = 0; n < (input.times ?? 1); n += 1) {
          const transfer = state.transfers + 1;
          turn.record({ type: "deposited", transfer, account: input.account, amount: input.amount });
          turn.request({ type: "announce", transfer });
        }
        return accepted(state.transfers);
      }
      case "announced":
        if (state.owed.has(input.transfer)) turn.record({ type: "announced", transfer: input.transfer });
        return accepted();
      case "alarm":
        turn.record({ type: "alarmSet", at: input.at });
        return accepted();
      case "tick":
        if (state.alarmAt !== null && state.alarmAt <= turn.now) {
          turn.record({ type: "alarmRang", at: turn.now });
          turn.request({ type: "ring" });
        }
        return accepted();
      case "roll":
        return accepted(turn.random("dice").uint32());
      case "look":
        return accepted(turn.now);
      case "corrupt":
        turn.record({ type: "corrupted" });
        return accepted();
      case "explode":
        turn.record({ type: "deposited", transfer: state.transfers + 1, account: "mallory", amount: 1n });
        throw new Error("the core has a bug");
    }
  },
  evolve: (state, fact) => {
    switch (fact.type) {
      case "deposited":
        state.transfers = fact.transfer;
        state.total += fact.amount;
        state.accounts.set(fact.account, (state.accounts.get(fact.account) ?? 0n) + fact.amount);
        state.owed.set(fact.transfer, fact.account);
        return;
      case "announced":
        state.owed.delete(fact.transfer);
        return;
      case "alarmSet":
        state.alarmAt = fact.at;
        return;
      case "alarmRang":
        state.alarmAt = null;
        return;
      case "corrupted":
        state.total += 1n;
    }
  },
  resume: (state, turn) => {
    for (const transfer of [...state.owed.keys()].sort((a, b) => a - b)) turn.request({ type: "announce", transfer });
  },
  nextWake: (state) => state.alarmAt,
  violations: (state) => {
    let sum = 0n;
    for (const amount of state.accounts.values()) sum += amount;
    return sum === state.total ? [] : [`accounts hold ${sum}, the total is ${state.total}`];
  },
  snapshot: (state) => state,
  restore: (_config, snapshot) => snapshot as ToyState,
};
