// What both sides say to each other: names, hashes, signatures, the job spec, the wire schema and receipts. All of it pure.
export {
  type AbiValue,
  abiAddress,
  abiBytes,
  abiEncode,
  abiHash,
  abiKeccak,
  abiString,
  abiStructs,
  abiUint,
} from "./abi-encode.ts";
export { amountDecimals, amountUnit, formatAmount, parseAmount, parseBaseUnits, scaleAmount } from "./amount.ts";
export { canonicalJson } from "./canonical.ts";
export type { Allotment, ChainCall, ChainCallKind, CumulativePayment, SettlementCall } from "./chain-call.ts";
export type { ChainEvent, ChainEventBody, ChainEventType, ChainPlace, SettlementEventBody } from "./chain-event.ts";
export type { Checkpoint, CheckpointTerms } from "./checkpoint.ts";
export {
  type ContentManifest,
  chunkCount,
  chunkHash,
  chunkPrefix,
  chunkSize,
  contentId,
  contentIdOfBytes,
  contentRoot,
  isCid,
  isManifestOf,
  manifestOfBytes,
} from "./content-id.ts";
export type { CourtCall } from "./court-call.ts";
export { type CourtEventBody, type DisputeOutcome, isCourtEvent } from "./court-event.ts";
export {
  capabilityKey,
  coordinatorBucket,
  coordinatorKeys,
  type KeySpace,
  priceBucketsUpTo,
  recordKey,
  shardOf,
  shardsAt,
  vramBucketsFrom,
  workerBuckets,
  workerKeys,
} from "./dht-keys.ts";
export { concat, type DigestTag, keccak, keccakHex, keccakText, type Sha256, sha256, taggedDigest } from "./digest.ts";
export { disputeIdOf, type Statement, type Vote, voteCommitment } from "./dispute.ts";
export { type DisputeAnswer, type DisputedTask, type DisputeRefusalCode, isTaskOf } from "./disputed-task.ts";
export { formatDuration, parseDuration } from "./duration.ts";
export { type EnvelopeContent, type OpenEnvelope, openEnvelope, peerIdOfSeed, sealEnvelope } from "./envelope.ts";
export {
  type ErrorCode,
  type ErrorCodeRow,
  errorCodeRow,
  errorCodes,
  exitCode,
  grpcStatus,
  isErrorCode,
} from "./error-code.ts";
export { itemAt, knownVariables, mapStep, reduceStep, reduceTask, taskAt, taskCount } from "./expand.ts";
export {
  acceptLeaf,
  checkEvidence,
  commitLeaf,
  commitSetLeaf,
  type EvidenceClaim,
  evidenceAt,
  isFrameSignedBy,
  isInFrame,
  isReceiptSignedBy,
  leaseLeaf,
  revealLeaf,
  type SignatureContext,
  ticketLeaf,
  verdictLeaf,
} from "./frame.ts";
export { failureBytes, framePieces, leaseBytes, plainItemBytes, revealBytes, ticketBytes } from "./frame-pieces.ts";
export type { Needs, SignedTaskOffer, TaskOffer, WorkerAnnouncement } from "./gossip-message.ts";
export { archFits, type GpuNeeds, gpuFits } from "./gpu-needs.ts";
export { type CoordinatorGreeting, greetingDigest, greetingProblem } from "./greeting.ts";
export { equalBytes, fromHex, isAddress, isHash, isHex, isSignature, toHex, zeroHash } from "./hex.ts";
export { parseHost, partsOfHost } from "./host.ts";
export type {
  Address,
  Cid,
  EscrowId,
  Hash,
  Hex,
  JobId,
  LeaseId,
  PeerId,
  Signature,
  TaskId,
  TaskSpecHash,
} from "./ids.ts";
export {
  formatImageName,
  type ImageName,
  imageNameFile,
  isImageName,
  parseImageName,
  parseRepository,
} from "./image-name.ts";
export {
  artifactsOf,
  type CustomTrust,
  type Each,
  type JobOrder,
  type JobSpec,
  type JobSubmission,
  type MatrixAxis,
  type StepSpec,
  type TokenPermit,
  type Trust,
  type TrustLevel,
} from "./job.ts";
export { jobIdOf, leaseIdOf, parseTaskId, type TaskPlace, taskIdOf } from "./job-id.ts";
export { type KeystoreRandom, looksLikeKeystore, type OpenedKeystore, openKeystore, sealKeystore } from "./keystore.ts";
export { limits } from "./limits.ts";
export {
  bucketAfter,
  formatMeasurements,
  type Measure,
  type Measurements,
  measurementsAfter,
  measures,
  measureUnits,
} from "./measurements.ts";
export {
  type MerkleClaim,
  type MerkleTree,
  merkleDepth,
  merkleProof,
  merkleRoot,
  merkleTree,
  merkleVerify,
  type TreeSlices,
} from "./merkle.ts";
export { proofThroughRuns, runTree, treeOfRuns } from "./merkle-runs.ts";
export {
  hasChain,
  type NetworkFile,
  type ParsedNetworkFile,
  parseNetworkFile,
  signingDomainOf,
} from "./network-file.ts";
export { type Parsed, parsed, unparsed } from "./parsed.ts";
export { peerIdBytes, peerIdHash, peerIdOfPublicKey, peerIdText, publicKeyOfPeerId } from "./peer-id.ts";
export { formatPercent, parsePercent } from "./percent.ts";
export { anyPledge, type PledgeAllowance, type PledgeOrder, type SignedPledgeOrder } from "./pledge.ts";
export { type DistantOutput, distantOutputs, type Measured } from "./receipt/check-comparison.ts";
export { type HeldFiles, resultPaths } from "./receipt/check-files.ts";
export { conflictingSets, contradict, contradictsReceipt, type SignedCommitSet } from "./receipt/conflicting-sets.ts";
export { type Dissent, dissentsOf, type Standoff, standoffsOf } from "./receipt/dissent.ts";
export { type CheckName, checkNames, type ReceiptCheck, receiptQuestions } from "./receipt/findings.ts";
export {
  type AnsweredTask,
  type AuditCause,
  auditCauses,
  encodeReceipt,
  isSealed,
  type OutputDistance,
  type Receipt,
  type ReceiptAnswer,
  type ReceiptBatch,
  type ReceiptBody,
  type ReceiptCommitment,
  type ReceiptFailure,
  type ReceiptSet,
  type ReceiptTask,
  type ReceiptUsage,
  type ReceiptWorker,
  receiptDigest,
  receiptFailuresMax,
  receiptFormat,
  receiptSentenceMax,
  sealReceipt,
  type UndecidedTask,
} from "./receipt/receipt.ts";
export { type ParsedReceipt, parseReceipt } from "./receipt/schema.ts";
export { type ReceiptVerdict, type VerifyOptions, verifyReceipt } from "./receipt/verify.ts";
export { answersOfWorker, type WorkerAnswer } from "./receipt/worker-account.ts";
export {
  checkSignedRecord,
  type RecordContext,
  type RecordProblem,
  recordBindingDigest,
  recordEnvelopeDomain,
  recordPayload,
  recordPayloadType,
  recordRegistrationDigest,
} from "./record-check.ts";
export {
  type AttemptOf,
  commitmentOf,
  type ReplicaResult,
  type ResultLeaf,
  receiptLeaf,
  replicasHash,
  resultDigest,
  resultHashOf,
  resultLeaf,
} from "./result-digest.ts";
export {
  addressOfPublicKey,
  addressOfSecretKey,
  isSignedBy,
  type Recover,
  recoverAddress,
  recoveryBit,
  type SignDigest,
  signDigest,
} from "./signature.ts";
export { formatSize, parseSize } from "./size.ts";
export { documentDefaults } from "./spec/defaults.ts";
export type { ArtifactSource, JobDocument, RunDocument, StepDocument } from "./spec/document.ts";
export {
  budgetProblem,
  type DocumentFile,
  filesOf,
  minimumBudget,
  type ResolvedFile,
  specHash,
  toJobSpec,
  totalTasks,
  usualBudget,
} from "./spec/job-spec.ts";
export { type ParsedDocument, parseJobDocument, readDocument } from "./spec/parse.ts";
export { nearest, type Problem } from "./spec/problem.ts";
export { readJobSpec } from "./spec/spec-schema.ts";
export { canonicalProgram, taskSpecHash } from "./task-spec.ts";
export { fillTemplate, hasOpenVariable, variablesOf } from "./template.ts";
export {
  announcementTopic,
  blobProtocol,
  disputeProtocol,
  isNetworkId,
  offerTopic,
  protocolVersion,
  protocolVersionMin,
  recordProtocol,
  workProtocol,
} from "./topics.ts";
export { auditMargin, auditsReserved, checkedReserve } from "./trust/audits.ts";
export { type Calibration, calibrationOf, calibrations, isCalibrated, isGrouped } from "./trust/calibration.ts";
export { type Comparator, type NumericComparator, type NumericFormat, numericFormats } from "./trust/comparator.ts";
export {
  type ComparedOutput,
  type ComparedSide,
  type Comparing,
  compareBytes,
  comparison,
  type OutputComparison,
} from "./trust/comparison.ts";
export { trustTable } from "./trust/constants.ts";
export { beyondMeasure, type Distances } from "./trust/distance.ts";
export { checkedFineOf, fineOf, fineSafety, honestPercent } from "./trust/fine.ts";
export {
  commitSetHash,
  isDrawn,
  isTicketOf,
  type LotteryTerms,
  lotteryBond,
  lotteryLeaf,
  lotteryRoot,
  lotteryRootFrom,
  lotteryTicket,
  lotteryTree,
  lotteryTreeInSlices,
  type OpenedTicket,
  openTicket,
  type TicketPlace,
} from "./trust/lottery.ts";
export { comparedChunkBytes } from "./trust/number-reader.ts";
export {
  breakEvenValue,
  captureOdds,
  cheatersGain,
  escapeOdds,
  type Fraction,
  fraction,
  fractionNumber,
  type PaidCompute,
  paidReplicasPpm,
  strangersGain,
  type Temptation,
  wrongBeforeCaught,
} from "./trust/odds.ts";
export { openSecret, type SealedSecret, sealSecret } from "./trust/sealed-secret.ts";
export { shuffle } from "./trust/shuffle.ts";
export {
  auditFloor,
  auditPpmMin,
  comparatorOf,
  confirmersMax,
  type Distinct,
  distinctions,
  ppm,
  replicasMax,
  replicatedAuditPpm,
  replicatedAuditPpmMin,
  spotAuditPpm,
  type TrustTerms,
  trustLevels,
  trustName,
  trustOf,
  trustTerms,
  valueTimesMax,
} from "./trust/terms.ts";
export { type OperatorsWanted, operatorsWanted, quorumOperators, strongOperators } from "./trust/thin.ts";
export {
  batchReceiptDigest,
  coordinatorBindingDigest,
  escrowIdOf,
  type FrameKind,
  type FrameSummary,
  frameDigest,
  jobOrderDigest,
  offerDigest,
  type PermitMessage,
  peerBindingDigest,
  permitDigest,
  pledgeAllowanceDigest,
  pledgeOrderDigest,
  registrationDigest,
  type SigningDomain,
  type TokenDomain,
  voucherDigest,
} from "./typed-data.ts";
export type { GpuUsage, ProgramEnding, Usage } from "./usage.ts";
export {
  attachEvidence,
  checkCoordinatorMessage,
  checkOffer,
  checkWorkerMessage,
  leavesOf,
  type MessageProblem,
  offerHash,
  type SignedMessage,
} from "./verify-message.ts";
export {
  type BlobRequest,
  type BlobResponse,
  decodeBlobRequest,
  decodeBlobResponse,
  encodeBlobRequest,
  encodeBlobResponse,
} from "./wire/blob-codec.ts";
export { decodeCoordinatorMessage, encodeCoordinatorMessage } from "./wire/coordinator-codec.ts";
export {
  decodeDisputeAnswer,
  decodeDisputeAsk,
  encodeDisputeAnswer,
  encodeDisputeAsk,
} from "./wire/dispute-codec.ts";
export { decodeAnnouncement, decodeTaskOffer, encodeAnnouncement, encodeTaskOffer } from "./wire/gossip-codec.ts";
export { decodeSignedRecord, encodeSignedRecord } from "./wire/record-codec.ts";
export { WireError } from "./wire/wire-error.ts";
export { decodeWorkerMessage, encodeWorkerMessage, type Received } from "./wire/worker-codec.ts";
export type {
  ArtifactRef,
  CommitItem,
  CommitSetItem,
  CoordinatorBinding,
  CoordinatorMessage,
  DeclineReason,
  EvidenceBytes,
  FailureItem,
  FrameSignature,
  ItemEvidence,
  LeaseItem,
  LeaseProgress,
  RevealItem,
  TaskLimits,
  TaskProgram,
  TicketItem,
  TicketTerms,
  VerdictItem,
  WorkerHold,
  WorkerMessage,
} from "./work-message.ts";
export {
  declineReasons,
  holdReasons,
  imageUnavailableReason,
  reclaimedReason,
  rootRoomReason,
} from "./work-message.ts";
export type {
  Accelerator,
  ClassOffer,
  RuntimeClass,
  SignedWorkerRecord,
  WorkerRecord,
  WorkerResources,
} from "./worker-record.ts";
export { runtimeClasses } from "./worker-record.ts";
