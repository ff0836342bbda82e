// Every code with which something is refused or fails: its gRPC status, whether a retry helps, and the exit code of a command.

/** Numbers of gRPC statuses that we answer with. */
export const grpcStatus = {
  ok: 0,
  cancelled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** Classes of exit codes of the command line. */
export const exitCode = {
  ok: 0,
  failed: 1,
  notPlaced: 2,
  timedOut: 3,
  verificationFailed: 4,
  paymentFailed: 5,
  usage: 64,
  configuration: 78,
} as const;

/** What a code means to whoever gets it. */
export interface ErrorCodeRow {
  readonly status: (typeof grpcStatus)[keyof typeof grpcStatus];
  /** Whether the same request may succeed later without a change. */
  readonly retryHelps: boolean;
  readonly exit: (typeof exitCode)[keyof typeof exitCode];
}

const s = grpcStatus;
const x = exitCode;
const row = (status: ErrorCodeRow["status"], exit: ErrorCodeRow["exit"], retryHelps = false): ErrorCodeRow => ({
  status,
  retryHelps,
  exit,
});

/** The table. Names are stable: clients and metrics use them. */
export const errorCodes = {
  /** Requests. */
  invalidArgument: row(s.invalidArgument, x.usage),
  invalidSpec: row(s.invalidArgument, x.usage),
  notSupportedYet: row(s.unimplemented, x.usage),
  tooLarge: row(s.resourceExhausted, x.usage),
  unauthenticated: row(s.unauthenticated, x.configuration),
  permissionDenied: row(s.permissionDenied, x.configuration),
  deadlineRequired: row(s.invalidArgument, x.usage),
  cancelled: row(s.cancelled, x.failed),
  timedOut: row(s.deadlineExceeded, x.timedOut, true),
  overloaded: row(s.resourceExhausted, x.failed, true),
  quotaExceeded: row(s.resourceExhausted, x.failed, true),
  unavailable: row(s.unavailable, x.failed, true),
  internal: row(s.internal, x.failed),
  /** A watcher that fell behind, or whose token is older than what is kept, starts again from a listing. */
  resync: row(s.aborted, x.failed, true),

  /** Things that are not there, or belong to somebody else. */
  jobNotFound: row(s.notFound, x.failed),
  taskNotFound: row(s.notFound, x.failed),
  workerNotFound: row(s.notFound, x.failed),
  artifactNotFound: row(s.notFound, x.failed),
  escrowNotFound: row(s.notFound, x.failed),
  receiptNotFound: row(s.notFound, x.failed),

  /** Submissions. */
  idempotencyConflict: row(s.alreadyExists, x.usage),
  jobIdMismatch: row(s.invalidArgument, x.usage),
  specHashMismatch: row(s.invalidArgument, x.usage),
  orderMismatch: row(s.invalidArgument, x.usage),
  orderUnsigned: row(s.permissionDenied, x.paymentFailed),
  permitUnsigned: row(s.permissionDenied, x.paymentFailed),
  /** Another submission of the same payer came first: the same job with a permit for the next nonce is taken. */
  permitOutdated: row(s.aborted, x.paymentFailed, true),
  wrongCoordinator: row(s.failedPrecondition, x.configuration),
  wrongNetwork: row(s.failedPrecondition, x.configuration),
  artifactMissing: row(s.failedPrecondition, x.failed, true),
  artifactCorrupt: row(s.invalidArgument, x.failed),
  budgetTooSmall: row(s.failedPrecondition, x.paymentFailed),
  escrowUnfunded: row(s.failedPrecondition, x.paymentFailed),
  deadlinePassed: row(s.failedPrecondition, x.timedOut),
  jobEnded: row(s.failedPrecondition, x.failed),
  draining: row(s.unavailable, x.failed, true),

  /** Ends of jobs and tasks. */
  notPlaced: row(s.failedPrecondition, x.notPlaced, true),
  deadlineExceeded: row(s.deadlineExceeded, x.timedOut),
  disputed: row(s.failedPrecondition, x.verificationFailed),
  nondeterministic: row(s.failedPrecondition, x.verificationFailed),
  poison: row(s.failedPrecondition, x.failed),
  attemptsExhausted: row(s.failedPrecondition, x.failed),
  budgetExhausted: row(s.failedPrecondition, x.paymentFailed),
  jobCancelled: row(s.cancelled, x.failed),
  receiptInvalid: row(s.failedPrecondition, x.verificationFailed),
  receiptUnanchored: row(s.failedPrecondition, x.verificationFailed),

  /** Money and chain. */
  chainUnavailable: row(s.unavailable, x.paymentFailed, true),
  transactionFailed: row(s.failedPrecondition, x.paymentFailed),
  insufficientFunds: row(s.failedPrecondition, x.paymentFailed),
  paymentFailed: row(s.failedPrecondition, x.paymentFailed),

  /** Peers. */
  badFrame: row(s.invalidArgument, x.failed),
  badSignature: row(s.permissionDenied, x.failed),
  badRecord: row(s.invalidArgument, x.failed),
  recordExpired: row(s.failedPrecondition, x.failed),
  notRegistered: row(s.failedPrecondition, x.configuration),
  protocolVersion: row(s.failedPrecondition, x.configuration),
  configuration: row(s.failedPrecondition, x.configuration),
} as const satisfies Readonly<Record<string, ErrorCodeRow>>;

/** A code of the table. */
export type ErrorCode = keyof typeof errorCodes;

/** Whether the text is a code of the table. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

/** The row of a code; one that is not in the table counts as a failed precondition that a retry does not help. */
export function errorCodeRow(code: string): ErrorCodeRow {
  return isErrorCode(code) ? errorCodes[code] : row(s.failedPrecondition, x.failed);
}
