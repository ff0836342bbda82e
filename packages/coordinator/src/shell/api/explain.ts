// Why a job is where it is: what the core says, and what only the shell knows, a chain that does not answer.
import type { CallContext } from "@starling/node-kit";
import type { JobId } from "@starling/protocol";
import type { ExplainJobResponse } from "@starling/protocol/rpc";
import { type CoordinatorState, escrowView, explainJob, jobView } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { jobMessage, moment } from "./messages.ts";
import { ownJob } from "./refuse.ts";

/** What a job waits for, a chain that does not answer before everything else. */
export async function explain(
  deps: ApiDeps,
  jobId: string,
  { identity }: Pick<CallContext, "identity">,
): Promise<ExplainJobResponse> {
  return await deps.engine.readSettled((state) => {
    const view = ownJob(state, jobId, identity);
    const found = explainJob(state, view.jobId);
    const waits = found?.waits ?? [];
    const unmet = new Map<string, ExplainJobResponse["unmet"][number]>();
    for (const wait of waits) {
      for (const { code, message, workers } of wait.predicates) {
        if (!unmet.has(code)) unmet.set(code, { code, message, workers });
      }
    }
    const workersKnown = found?.workersKnown ?? 0;
    return {
      job: jobMessage(state, view, { withSpec: false }),
      waiting: [...chainWaits(deps, isOver(state, view.jobId)), ...gathered(waits)],
      unmet: [...unmet.values()],
      workersKnown,
      workersEligible: Math.min(workersKnown, ...waits.flatMap((wait) => (wait.fit === undefined ? [] : [wait.fit]))),
    };
  });
}

// A thousand tasks that wait for the same thing are one line with a count.
function gathered(waits: NonNullable<ReturnType<typeof explainJob>>["waits"]): ExplainJobResponse["waiting"] {
  const byCode = new Map<string, ExplainJobResponse["waiting"][number]>();
  for (const wait of waits) {
    const key = `${wait.subject} ${wait.code}`;
    const known = byCode.get(key);
    if (known === undefined) {
      byCode.set(key, {
        code: wait.code,
        message: wait.message,
        count: 1,
        sinceMs: moment(wait.since),
        untilMs: moment(wait.until),
        change: wait.change,
      });
    } else {
      const since = moment(Math.min(wait.since, Number(known.sinceMs)));
      byCode.set(key, { ...known, count: known.count + 1, sinceMs: since });
    }
  }
  return [...byCode.values()];
}

// Everything else that a job waits for may follow from this one thing.
function chainWaits({ chainHealth: { silence } }: ApiDeps, jobIsOver: boolean): ExplainJobResponse["waiting"] {
  if (silence === null || jobIsOver) return [];
  return [
    {
      code: "chainUnreachable",
      message: `the chain's node at ${silence.node} has not answered since ${new Date(silence.since).toISOString()}: deposits, allotments, anchors and payments wait for it`,
      count: 1,
      sinceMs: moment(silence.since),
      untilMs: 0n,
      change: "the node answers again; nothing is lost meanwhile",
    },
  ];
}

/** Over means ended, anchored and, where there is a chain, paid: then nothing more will happen to this job. */
export function isOver(state: CoordinatorState, jobId: JobId): boolean {
  const view = jobView(state, jobId);
  if (view === null || view.endedAt === null || !view.anchored) return false;
  // Without a chain nobody is paid here, so nobody waits for it.
  if (state.config.chainless === true) return true;
  const escrow = escrowView(state, view.escrowId);
  return escrow === null || escrow.accounts.every((account) => account.paid >= account.owed);
}
