// What a running worker does when its owner asks: the core decides, the daemon ends where that was asked for.
import { setTimeout as delay } from "node:timers/promises";
import { statusView, type WorkerState, type WorkerStatus } from "../../core/index.ts";
import type { WorkerEngine } from "../engine.ts";
import type { AnswerControl, ControlAnswer, ControlRequest } from "./control.ts";

/** Parts that answer. */
interface OwnersDesk {
  readonly engine: WorkerEngine;
  /** What nothing is under way for any more ends: stops the daemon in order. */
  readonly end: () => void;
  /** Resolves when all that was taken is answered; false where the owner changed his mind. */
  readonly drained: () => Promise<boolean>;
}

/** A person is shown the end of his notice, and no task waits for this. */
const LOOK_EVERY_MS = 50;

/** The answers to the owner's requests. */
export function ownersAnswers(desk: OwnersDesk): AnswerControl {
  return async (request, say) => {
    const refusal = await tell(desk, request);
    if (refusal !== null) return refusal;
    if (request.verb === "drain") {
      say(statusOf(desk));
      if (await desk.drained()) desk.end();
    } else if (request.verb === "reclaim") {
      say(statusOf(desk));
      while (desk.engine.read(isReclaiming)) await delay(LOOK_EVERY_MS);
    }
    return statusOf(desk);
  };
}

async function tell({ engine }: OwnersDesk, request: ControlRequest): Promise<ControlAnswer | null> {
  switch (request.verb) {
    case "status":
    case "drain":
      return null;
    case "pause":
    case "resume":
      return refused(await engine.submit({ type: "ownerAsked", wish: { kind: request.verb } }));
    case "reclaim": {
      const wish = { kind: "reclaim", noticeMs: request.noticeMs } as const;
      return refused(await engine.submit({ type: "ownerAsked", wish }));
    }
  }
}

function refused(outcome: Awaited<ReturnType<WorkerEngine["submit"]>>): ControlAnswer | null {
  return outcome.ok ? null : { ok: false, message: outcome.message };
}

function statusOf({ engine }: OwnersDesk): ControlAnswer {
  return { ok: true, status: ownersView(engine.read(statusView)) };
}

function isReclaiming(state: WorkerState): boolean {
  return statusView(state).stance.state === "reclaiming";
}

// Moments as people and scripts read them.
function ownersView({ stance, leases, coordinators, pending }: WorkerStatus): unknown {
  const { state, since, killAt } = stance;
  const at = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const running = leases.filter((lease) => lease.state === "running").length;
  return { state, since: at(since), until: at(killAt), running, leases: leases.length, pending, coordinators };
}
