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
  /** What attackers know together. */
  readonly den: Den;
  /** What no worker is told, for attackers who are granted to know it. */
  readonly spied: Spied;
}

/** Facts about a lease that its worker can't see. */
export interface Spied {
  /** Answers that the job asks for. */
  readonly replicas: number;
  /** Whether the task has an accepted result that this lease checks. */
  readonly isAudit: boolean;
  /** Whether the result is checked whatever the lottery says. */
  readonly isChecked: boolean;
  readonly payer: Address;
}

/** A place where attackers of one world leave notes for each other and for themselves. */
export class Den {
  readonly #notes = new Map<string, Set<string>>();

  /** Leaves a note, and says how many different ones there are under this head. */
  note(head: string, text: string): number {
    const notes = this.#notes.get(head) ?? new Set();
    this.#notes.set(head, notes.add(text));
    return notes.size;
  }

  has(head: string, text: string): boolean {
    return this.#notes.get(head)?.has(text) === true;
  }
}

/** What a run gives and how long it takes. */
export interface VirtualRun {
  readonly durationMs: Millis;
  /** Text that stands for the content of the output, as decided at the end of the run; equal texts are equal outputs. */
  readonly content: string | (() => string);
  /** Whether it ends for want of memory, with nothing. */
  readonly isKilled?: true;
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
  readonly worker: Address;
  readonly den: Den;
}

/** One kind of worker. */
export interface Behaviour {
  readonly name: string;
  run(task: VirtualTask, random: RandomStream, count: (kind: FaultKind) => void): VirtualRun;
  /** What really leaves in place of a frame of the honest core. */
  mangle?(effect: UpEffect, mangling: Mangling): readonly UpEffect[];
  /** Whether it keeps everything in the den that frames and gossip tell it. */
  readonly listens?: boolean;
  /** Counted for each run that is not honest and prompt. */
  readonly fault: FaultKind | null;
  /** Chance per thousand and second that it drops its stream by itself. */
  readonly flapsPerThousand: number;
  /** Whether it goes at some time and never comes back. */
  readonly deserts: boolean;
}

/** What most behaviours share. */
export const steady = { fault: null, flapsPerThousand: 0, deserts: false } as const;
