// Refusals of the API: a code of the error table becomes a status with details.
import type { Rejected } from "@starling/kernel";
import { type Identity, mayActFor, RpcRefusal } from "@starling/node-kit";
import { errorCodes, grpcStatus, isHash, type JobId } from "@starling/protocol";
import { type CoordinatorState, type JobView, jobView } from "../../core/index.ts";

const RETRY_AFTER_MS = 1_000;

/** What a node of the chain says; when it says nothing, a refusal that can be tried again. */
export async function fromChain<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal("chainUnavailable", `the chain does not answer: ${why}`);
  }
}

/** An error for the caller. Codes that the table does not know are a bug of ours and say so. */
export function refusal(code: string, message: string, fields: Rejected["fields"] = []): RpcRefusal {
  const row = Object.hasOwn(errorCodes, code) ? errorCodes[code as keyof typeof errorCodes] : undefined;
  return new RpcRefusal({
    code,
    status: row?.status ?? grpcStatus.failedPrecondition,
    message,
    fields,
    retryAfterMs: row?.retryHelps === true ? RETRY_AFTER_MS : null,
  });
}

/** The error of an input that the core refused. */
export function refusalOf(rejected: Rejected): RpcRefusal {
  return refusal(rejected.code, rejected.message, rejected.fields ?? []);
}

/** A job of the caller. Unknown and foreign jobs look alike: there is no such job. */
export function ownJob(state: CoordinatorState, jobId: string, identity: Identity): JobView {
  const view = isHash(jobId) ? jobView(state, jobId as JobId) : null;
  if (view === null || !mayActFor(identity, view.payer)) throw refusal("jobNotFound", `there is no job ${jobId}`);
  return view;
}

/** A page's size within bounds. */
export function pageSize(asked: number, bounds: { readonly most: number; readonly usual: number }): number {
  if (asked > bounds.most)
    throw refusal("invalidArgument", `a page has at most ${bounds.most} rows`, [
      { field: "page_size", description: `0 to ${bounds.most}` },
    ]);
  return asked === 0 ? bounds.usual : asked;
}
