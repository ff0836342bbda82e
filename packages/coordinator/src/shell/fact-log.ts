// Facts as log lines: the core does not log, what became true is logged.
import type { Logger } from "@starling/node-kit";
import type { CoordinatorFact } from "../core/index.ts";
import type { CoordinatorEngine } from "./api/watch.ts";

const LOUD: ReadonlySet<CoordinatorFact["type"]> = new Set([
  "jobAccepted",
  "jobStarted",
  "jobCompleted",
  "jobFailed",
  "jobCancelled",
  "mismatchFound",
  "taskDisputed",
  "taskNondeterministic",
  "taskPoisoned",
  "workerKnown",
  "workerSuspended",
  "workerBanned",
  "workerLeft",
  "leaseRevoked",
  "leaseExpired",
  "leaseFailed",
  "escrowClosing",
]);

/** Logs each batch of facts once it is durable. */
export function logFacts(engine: CoordinatorEngine, logger: Logger): void {
  engine.onFacts(({ firstSeq, facts }) => {
    for (const [i, fact] of facts.entries()) {
      const fields = { seq: firstSeq + i, ...flatFields(fact) };
      if (LOUD.has(fact.type)) logger.info(fact.type, fields);
      else logger.debug(fact.type, fields);
    }
  });
}

function flatFields(fact: CoordinatorFact): Record<string, string | number | boolean | bigint> {
  const fields: Record<string, string | number | boolean | bigint> = {};
  const source: object = fact.type === "jobAccepted" ? { ...fact, jobId: fact.submission.jobId } : fact;
  for (const [key, value] of Object.entries(source)) {
    if (key === "type" || key === "submission") continue;
    if (
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "boolean" ||
      typeof value === "bigint"
    )
      fields[key] = value;
    else if (key === "reason" && typeof value === "object" && value !== null) {
      fields.reason = String(Reflect.get(value, "code"));
      fields.why = String(Reflect.get(value, "message"));
    }
  }
  return fields;
}
