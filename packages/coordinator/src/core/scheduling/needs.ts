// Eligibility codes in words, with the need that is not met.
import type { StepSpec } from "@starling/protocol";
import type { Job } from "../ledger/job.ts";
import type { EligibilityCode } from "./eligibility.ts";

/** What keeps workers from a replica, also where the task or money does. */
export type PredicateCode = EligibilityCode | "budgetExhausted" | "escrowExhausted";

/** What a worker lacks, as a sentence about workers. */
export function describe(code: PredicateCode, job: Job, spec: StepSpec): string {
  const { needs, runtimeClass } = spec;
  const gpu = needs.gpu ?? { count: 0, vramBytes: 0, arch: [] };
  const texts: Readonly<Record<PredicateCode, string>> = {
    notConnected: "have no open stream to this coordinator",
    recordExpired: "have a record that has expired",
    banned: "belong to an operator that is out of this job",
    suspended: "are suspended after leases that were lost or failed",
    draining: "take no more work",
    isReferee: "belong to the payer or his referees, and only settle mismatches",
    classMissing: `do not run class ${runtimeClass}`,
    cpuTooFew: `have fewer than ${needs.cpuCores} CPU cores`,
    memoryTooSmall: `have less than ${needs.memoryBytes} bytes of memory`,
    diskTooSmall: `have less than ${needs.diskBytes} bytes of disk`,
    gpuMissing: "have no GPU",
    gpuTooFew: `have fewer than ${gpu.count} GPUs`,
    vramTooSmall: `have fewer than ${gpu.count} GPUs with ${gpu.vramBytes} bytes of memory`,
    gpuArchMissing: `have no ${gpu.count} GPUs of architecture ${gpu.arch.join(" or ")}`,
    priceTooHigh: `ask more than ${job.submission.perTaskMax} base units per task`,
    declined: "declined this step a moment ago",
    operatorUsed: "belong to an operator that answers this task already",
    noSlot: "have no free slot",
    noCredit: "have no confirmed allotment that covers one more task",
    budgetExhausted: "ask more than is left of the job's budget",
    escrowExhausted: "cannot be allotted anything: all money of the escrow is reserved",
  };
  return texts[code];
}

/** What would change it. */
export function remedy(codes: readonly PredicateCode[]): string {
  const has = (...wanted: readonly PredicateCode[]): boolean => codes.some((code) => wanted.includes(code));
  if (codes.length === 0) return "start a worker that knows this coordinator";
  if (has("noCredit")) return "the next blocks bring the allotments";
  if (has("noSlot", "declined")) return "a slot that becomes free, or one more worker";
  if (has("escrowExhausted", "budgetExhausted")) return "reservations that expire, or a job with a larger budget";
  if (has("priceTooHigh")) return "a higher price cap, or a cheaper worker";
  if (has("operatorUsed")) return "a worker of another operator";
  if (has("notConnected", "suspended", "recordExpired")) return "workers that come back";
  return "a worker that meets the needs, or a job that needs less";
}
