// Nothing is silently stuck: every open job says what it waits for, who owes the next step, since when and until when.
import { explainJob } from "@starling/coordinator/core";
import type { Checker } from "./checker.ts";

const EXPLAIN_EVERY_TURNS = 32;
const OPEN_JOBS = new Set(["accepted", "running"]);

export function explained(): Checker {
  let turns = 0;
  return {
    name: "explained",
    afterTurn: ({ coordinator }) => {
      turns += 1;
      if (turns % EXPLAIN_EVERY_TURNS !== 0) return [];
      const broken: string[] = [];
      for (const { jobId, state } of coordinator.state.ledger.jobs.values()) {
        if (!OPEN_JOBS.has(state)) continue;
        const waits = explainJob(coordinator.state, jobId)?.waits ?? [];
        if (waits.length === 0) broken.push(`job ${jobId} is ${state} and waits for nothing`);
        for (const { code, since, until, message, change } of waits) {
          if (since > coordinator.now) broken.push(`job ${jobId} waits for ${code} since the future`);
          if (until !== null && until < since) broken.push(`job ${jobId} waits for ${code} until before it began`);
          if (message === "" || change === "") broken.push(`job ${jobId} does not say why it waits for ${code}`);
        }
      }
      return broken;
    },
  };
}
