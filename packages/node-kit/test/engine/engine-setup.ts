// An engine over the toy core on a journal in memory, with a clock that only the test moves.
import type { Performer } from "../../src/engine/effects.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { EngineLimits } from "../../src/engine/engine-options.ts";
import { type MemoryDisk, MemoryJournal } from "../../src/journal/memory-journal.ts";
import { ManualClock } from "../manual-clock.ts";
import { type ToyConfig, type ToyEffect, type ToyFact, type ToyInput, type ToyState, toy } from "./toy.ts";

/** Wall time at the start of every test. */
export const START_MS = 1_700_000_000_000;

/** What a test may replace. */
export interface Setup {
  readonly disk?: MemoryDisk;
  readonly journal?: MemoryJournal;
  readonly clock?: ManualClock;
  readonly limits?: Partial<EngineLimits>;
  readonly effectLimits?: Partial<Record<ToyEffect["type"], number>>;
  readonly perform?: Performer<ToyEffect, ToyInput>["perform"];
  readonly onEffectError?: (effect: ToyEffect, error: unknown) => ToyInput | null;
}

/** An engine over the toy core, its clock, and what it did. */
export function setup(options: Setup = {}) {
  const clock = options.clock ?? new ManualClock(START_MS);
  const fatal: unknown[] = [];
  const performed: { readonly id: string; readonly effect: ToyEffect }[] = [];
  const engine = new Engine<ToyConfig, ToyState, ToyInput, ToyFact, ToyEffect>(
    {
      journal: options.journal ?? new MemoryJournal(options.disk),
      clock,
      entropy: { words: () => [1, 2, 3, 4, 5, 6, 7, 8], bytes: (count) => new Uint8Array(count) },
      performer: {
        perform: async (effect, context) => {
          performed.push({ id: context.id, effect });
          await options.perform?.(effect, context);
        },
      },
    },
    {
      decider: toy,
      config: { opening: 100n },
      tickInput: () => ({ type: "tick" }),
      onFatal: (error) => fatal.push(error),
      checkInvariants: "always",
      ...(options.onEffectError === undefined ? {} : { onEffectError: options.onEffectError }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.effectLimits === undefined ? {} : { effectLimits: options.effectLimits }),
    },
  );
  return { engine, clock, fatal, performed };
}

/** An input that deposits. */
export const deposit = (account: string, amount = 1n): ToyInput => ({ type: "deposit", account, amount });
