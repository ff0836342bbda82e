// How a simulated worker behaves: what it answers, how long it takes, and whether it stays.
import type { Millis, RandomStream } from "@starling/kernel";
import type { LeaseItem } from "@starling/protocol";

/** What a run gives and how long it takes. */
export interface VirtualRun {
  readonly durationMs: Millis;
  /** Text that stands for the content of the output; equal texts are equal outputs. */
  readonly content: string;
}

/** One kind of worker. */
export interface Behaviour {
  readonly name: "honest" | "liar" | "slow" | "flapper";
  /** Runs a task whose right answer is given. */
  run(
    task: { readonly lease: LeaseItem; readonly right: string; readonly worker: string },
    random: RandomStream,
  ): VirtualRun;
  /** Chance per thousand and second that it drops its stream by itself. */
  readonly flapsPerThousand: number;
}
