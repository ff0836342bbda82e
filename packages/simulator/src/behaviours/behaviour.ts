// How a simulated worker behaves: what it answers, how long it takes, what it really sends, and whether it stays.
import type { Millis, RandomStream } from "@starling/kernel";
import type { Address, EscrowId, LeaseId, LeaseItem } from "@starling/protocol";
import type { Reveal } from "@starling/worker-node/core";
import type { FaultKind } from "../fault-plan.ts";
import type { UpEffect } from "../world/translate.ts";

/** A task as a behaviour sees it. */
export interface VirtualTask {
  readonly lease: LeaseItem;
  /** What every honest machine computes. */
  readonly right: string;
  readonly worker: Address;
  readonly operator: Address;
}

/** What a run gives and how long it takes. */
export interface VirtualRun {
  readonly durationMs: Millis;
  /** Text that stands for the content of the output; equal texts are equal outputs. */
  readonly content: string;
}

/** An answer that was committed to, with what its reveal would name. */
export interface HeldAnswer {
  readonly escrowId: EscrowId;
  readonly fine: bigint;
  readonly reveal: Reveal;
}

/** What a behaviour may use when it changes a frame. */
export interface Mangling {
  readonly random: RandomStream;
  /** The answer that the worker holds for a lease, if it has one. */
  readonly answerOf: (leaseId: LeaseId) => HeldAnswer | null;
  readonly count: (kind: FaultKind) => void;
}

/** One kind of worker. */
export interface Behaviour {
  readonly name: string;
  run(task: VirtualTask, random: RandomStream): VirtualRun;
  /** What really leaves in place of a frame of the honest core. */
  mangle?(effect: UpEffect, mangling: Mangling): readonly UpEffect[];
  /** Counted for each run that is not honest and prompt. */
  readonly fault: FaultKind | null;
  /** Chance per thousand and second that it drops its stream by itself. */
  readonly flapsPerThousand: number;
  /** Whether it goes at some time and never comes back. */
  readonly deserts: boolean;
}

/** What most behaviours share. */
export const steady = { fault: null, flapsPerThousand: 0, deserts: false } as const;
