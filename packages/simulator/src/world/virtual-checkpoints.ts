// Runs with checkpoints: what a virtual program keeps on its way, and what comes out when it goes on from something else than it would have kept.
import { type Checkpoint, type Hash, keccakText, type LeaseId, type LeaseItem } from "@starling/protocol";
import type { RunResult, WorkerEffect, WorkerInput } from "@starling/worker-node/core";
import type { Simulation } from "../simulation.ts";

type RunEffect = Extract<WorkerEffect, { readonly type: "runLease" }>;

/** Equal parts of a run; after each but the last there is a checkpoint. */
const PARTS = 4;

/** What a program keeps after a step; `taint` is empty where it began at the beginning. */
function checkpointOf(taskSpec: Hash, step: number, taint = ""): Checkpoint {
  return { step, cid: `cid:${keccakText(`checkpoint ${taskSpec} ${step} ${taint}`).slice(2)}`, size: 100 };
}

/** What becomes of the right content of a run that goes on from a checkpoint: all of it follows from that. */
export function taintOf({ lease, resume }: RunEffect): string {
  if (resume === undefined || resume.cid === checkpointOf(lease.taskSpec, resume.step).cid) return "";
  return `gone on from ${resume.cid}`;
}

/** What the runs of one worker act on. */
export interface RunWorld {
  readonly simulation: Pick<Simulation, "after">;
  /** Whether the process that began the run still lives. */
  readonly isAlive: () => boolean;
  readonly tell: (input: WorkerInput) => void;
}

interface UnderWay {
  readonly lease: LeaseItem;
  readonly taint: string;
  readonly world: RunWorld;
  step: number;
}

/** Until a run that is killed is dead. */
const DYING_MS = 20;

const KILLED = { kind: "failed", fault: "infrastructure", reason: "killed", message: "simulated", log: "" } as const;

/** All runs of a worker that are not over. */
export class VirtualRuns {
  readonly #runs = new Map<LeaseId, UnderWay>();

  /** Plays a run to its end, unless it is told to end before. */
  begin(
    effect: RunEffect,
    { durationMs, result }: { readonly durationMs: number; readonly result: () => RunResult },
    world: RunWorld,
  ): void {
    const { lease, resume } = effect;
    const done = resume?.step ?? 0;
    const run: UnderWay = { lease, taint: taintOf(effect), world, step: done };
    this.#runs.set(lease.leaseId, run);
    const later = (parts: number, then: () => void): void =>
      world.simulation.after(Math.ceil((durationMs * parts) / PARTS), () => {
        if (this.#runs.get(lease.leaseId) === run && world.isAlive()) then();
      });
    if (lease.task.limits.checkpoint !== undefined)
      for (let step = done + 1; step < PARTS; step += 1) later(step - done, () => this.#keep(run, step));
    later(PARTS - done, () => this.#end(run, result()));
  }

  /** The program is killed; with `asks` it leaves a last checkpoint before. */
  end(leaseId: LeaseId, { asks }: { readonly asks: boolean }): void {
    const run = this.#runs.get(leaseId);
    if (run === undefined) return;
    run.world.simulation.after(DYING_MS, () => {
      if (this.#runs.get(leaseId) !== run || !run.world.isAlive()) return;
      if (asks && run.step > 0) this.#keep(run, run.step);
      this.#end(run, KILLED);
    });
  }

  #keep(run: UnderWay, step: number): void {
    run.step = step;
    const { lease, taint, world } = run;
    const { leaseId, attempt, taskSpec } = lease;
    world.tell({ type: "checkpointsKept", leaseId, attempt, checkpoints: [checkpointOf(taskSpec, step, taint)] });
  }

  #end({ lease, world }: UnderWay, result: RunResult): void {
    this.#runs.delete(lease.leaseId);
    world.tell({ type: "runFinished", leaseId: lease.leaseId, attempt: lease.attempt, result });
  }
}
