// The client of the network for programs: submit, follow, fetch, verify.
export {
  downloadBytes,
  downloadFile,
  type FileContent,
  hashFile,
  missingFiles,
  reasonOf,
  uploadFile,
} from "./artifacts.ts";
export { type Auditor, auditEscrows, type EscrowAudit, voucherCheckOf } from "./audit/audit.ts";
export type { AuditDifference, AuditSide } from "./audit/difference.ts";
export { heldVouchers } from "./audit/held-vouchers.ts";
export { type ChainNode, chainNode } from "./audit/json-rpc.ts";
export { receiptIn } from "./audit/read-receipts.ts";
export { StarlingError } from "./call-error.ts";
export { connect, type StarlingClient } from "./client.ts";
export { makeFolder } from "./folder.ts";
export { type FollowOptions, followJob, isEnded, waitForJob } from "./follow.ts";
export { comparedPath, downloadCompared, heldFiles, measureAgain } from "./held-results.ts";
export { askNewPassphrase } from "./passphrase.ts";
export { loadPayer, type Payer, payerOf } from "./payer.ts";
export {
  type JobPlanReport,
  type LevelPlan,
  levelPlans,
  percent,
  planJob,
  plannedShares,
  planWarnings,
} from "./plan.ts";
export { type PreparedJob, prepareJob, type SizeLookup, sizesFrom } from "./prepare.ts";
export { downloadResults, fetchReceipt, listResults, resolveJobId } from "./results.ts";
export { type CallOptions, type Endpoint, RpcConnection, type ServiceClient } from "./rpc-client.ts";
export { readSecretKey } from "./secret-key.ts";
export { type SubmitOptions, type Submitted, submitJob } from "./submit.ts";
