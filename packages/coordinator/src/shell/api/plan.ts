// What a job would meet here, as a message; nothing is stored.
import { type CallContext, mayActFor } from "@starling/node-kit";
import { isAddress, limits, parseBaseUnits, readJobSpec } from "@starling/protocol";
import type { PlanJobRequest, PlanJobResponse } from "@starling/protocol/rpc";
import { type PlannedJob, planJob } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { moment } from "./messages.ts";
import { refusal } from "./refuse.ts";

/** Answers from the state as it is; a plan of others' money is none of the caller's business. */
export async function planFor(
  deps: ApiDeps,
  request: PlanJobRequest,
  { identity }: CallContext,
): Promise<PlanJobResponse> {
  const job = readPlanned(request);
  if (!mayActFor(identity, job.payer)) throw refusal("permissionDenied", "this API key belongs to another account");
  const plan = await deps.engine.readSettled((state) => planJob(state, job));
  return {
    workersKnown: plan.workersKnown,
    steps: plan.steps.map(({ hardware, unmet, ...step }) => ({
      ...step,
      hardwareModels: hardware,
      unmet: unmet.map((one) => ({ ...one })),
    })),
    operatorsTotal: plan.operatorsTotal,
    operators: plan.operators.map((row) => ({
      ...row,
      price: String(row.price),
      pledgeFree: row.pledgeFree === null ? "" : String(row.pledgeFree),
    })),
    referees: plan.referees,
    finalityMs: moment(plan.finalityMs),
    probationChecks: plan.probationChecks,
    canaries: plan.canaries,
  };
}

function readPlanned({ payer, specJson, perTaskMax }: PlanJobRequest): PlannedJob {
  if (!isAddress(payer)) throw invalid("payer", "it is 0x and 40 lower-case hexadecimal digits");
  const most = parseBaseUnits(perTaskMax);
  if (most === null) throw invalid("per_task_max", "it is a decimal number of base units");
  const spec = readJobSpec(specValue(specJson));
  if (!spec.ok) throw invalid("spec_json", spec.problem);
  const submission = { referees: spec.value.referees ?? [], perTaskMax: most };
  return { payer, submission, spec: spec.value };
}

function specValue(text: string): unknown {
  if (text.length > limits.specBytes) throw invalid("spec_json", `it has at most ${limits.specBytes} characters`);
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("spec_json", "it is not JSON");
  }
}

function invalid(field: string, description: string): ReturnType<typeof refusal> {
  return refusal(field === "spec_json" ? "invalidSpec" : "invalidArgument", `${field}: ${description}`, [
    { field, description },
  ]);
}
