// Serving on juries: a worker that was drawn runs the disputed task again, commits to what it found, and shows it when all have committed.
import { accepted, type Outcome, present, rejected } from "@starling/kernel";
import { voteCommitment, zeroHash } from "@starling/protocol";
import type { WorkerInput } from "../input.ts";
import { startsTasks } from "../owner/hold.ts";
import { canIntend, intendCall } from "../sender-bridge.ts";
import type { WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { type DrawnJury, type Duty, dutyIdOf, type VoteStep } from "./duty.ts";

type Of<T extends WorkerInput["type"]> = Extract<WorkerInput, { type: T }>;

/** With each head: looks for new juries, and takes the next step of every duty. */
export function serveJuries(state: WorkerState, turn: WorkerTurn): void {
  readJuries(state, turn);
  for (const duty of [...state.ledger.duties.values()]) review(state, duty, turn);
}

/** The contract refused a vote at this head; it is tried again later, as long as the window is open. */
export function voteRefused({ ledger, presence }: WorkerState, dutyId: string): void {
  if (ledger.duties.has(dutyId)) presence.voteRefusedAt.set(dutyId, presence.headSeconds ?? 0);
}

/** The court's answer: the juries that name this worker, in blocks that were not read yet. */
export function juriesSeen(state: WorkerState, input: Of<"juriesSeen">, turn: WorkerTurn): Outcome {
  const { presence, ledger } = state;
  presence.juriesReadThrough = input.throughBlock;
  presence.courtSeconds = input.courtSeconds;
  for (const drawn of input.juries) {
    if (drawn.revealBySeconds <= (presence.headSeconds ?? 0)) continue;
    const known = ledger.duties.get(dutyIdOf(drawn));
    const { dutiesMax, dutiesHeldMax } = state.config.policy;
    if (known === undefined ? ledger.duties.size >= dutiesHeldMax : !isMoved(known, drawn)) continue;
    const isTooMany = known === undefined && ledger.duties.size >= dutiesMax;
    turn.record({ type: "dutyTaken", drawn, at: turn.now });
    const duty = present(ledger.duties.get(dutyIdOf(drawn)), "the duty that was taken");
    if (isTooMany && (presence.headSeconds ?? 0) < drawn.commitBySeconds)
      cast(state, duty, { digest: zeroHash, reason: `${dutiesMax} other disputes are judged here at once`, turn });
    else review(state, duty, turn);
  }
  return accepted();
}

function isMoved({ drawn }: Duty, { commitBySeconds }: DrawnJury): boolean {
  return drawn.commitBySeconds !== commitBySeconds;
}

/** The disputed task was run again, or could not be: the vote follows. */
export function taskJudged(state: WorkerState, input: Of<"taskJudged">, turn: WorkerTurn): Outcome {
  const { ledger, presence } = state;
  const { dutyId, result } = input;
  const duty = ledger.duties.get(dutyId);
  presence.ending.delete(dutyId);
  if (duty === undefined) return rejected("unknownDuty", "the dispute went on without this vote");
  if (duty.vote !== null) return rejected("votedAlready", "a juror has one vote");
  presence.judging.delete(dutyId);
  // The coordinator's view of the chain may be behind ours: with the next head it is asked again.
  if (result.kind === "later") return accepted();
  const digest = result.kind === "completed" ? result.digest : zeroHash;
  cast(state, duty, { digest, reason: result.kind === "completed" ? "completed" : result.reason, turn });
  return accepted();
}

// At least ten times in the window for commitments, whatever its length; a few blocks again, since they may have been replaced.
function readJuries({ config, presence }: WorkerState, turn: WorkerTurn): void {
  const now = presence.headSeconds;
  if (!config.servesJuries || now === null) return;
  const { juryReadMs } = config.policy;
  const most = juryReadMs / 1_000;
  const every = presence.courtSeconds === null ? 0 : Math.min(most, presence.courtSeconds.commit / 10);
  if (presence.juriesAskedAt !== null && now < presence.juriesAskedAt + every) return;
  presence.juriesAskedAt = now;
  turn.request({ type: "readJuries", afterBlock: presence.juriesReadThrough });
}

function review(state: WorkerState, duty: Duty, turn: WorkerTurn): void {
  const { presence } = state;
  const now = presence.headSeconds ?? 0;
  const { commitBySeconds, revealBySeconds } = duty.drawn;
  const dutyId = dutyIdOf(duty.drawn);
  if (now >= revealBySeconds) {
    endDuty(state, duty, turn);
    return;
  }
  if (duty.vote === null) {
    if (now >= commitBySeconds) return;
    if (now >= commitBySeconds - aheadSeconds(state)) {
      cast(state, duty, { digest: zeroHash, reason: "the task could not be had or run in time", turn });
    } else if (!presence.judging.has(dutyId) && !presence.ending.has(dutyId) && startsTasks(state)) {
      presence.judging.add(dutyId);
      turn.request({ type: "judgeTask", dutyId, drawn: duty.drawn });
    }
    return;
  }
  if (now < commitBySeconds) send(state, duty, { step: "commitVote", turn });
  else if (isMined(state, duty, "commitVote")) send(state, duty, { step: "revealVote", turn });
}

// Time for the commitment's own block; silence costs a juror, an abstention nothing. After a start the windows are not known at once.
function aheadSeconds({ config, presence }: WorkerState): number {
  const { commit = 0 } = presence.courtSeconds ?? {};
  return Math.min(config.policy.abstainAheadMs / 1_000, (3 * commit) / 10);
}

interface Cast {
  readonly digest: `0x${string}`;
  readonly reason: string;
  readonly turn: WorkerTurn;
}

// The salt is on disk before anything that depends on it leaves: a vote that can't be opened is a fine.
function cast(state: WorkerState, duty: Duty, { digest, reason, turn }: Cast): void {
  const { disputeId, round } = duty.drawn;
  const salt = `0x${turn.random("vote").hex(32)}` as const;
  const commitment = voteCommitment({ disputeId, round, juror: state.config.worker, digest, salt });
  const dutyId = dutyIdOf(duty.drawn);
  turn.record({ type: "voteCast", dutyId, vote: { digest, salt, commitment }, reason, at: turn.now });
  review(state, duty, turn);
}

interface Sent {
  readonly step: VoteStep;
  readonly turn: WorkerTurn;
}

function send(state: WorkerState, duty: Duty, { step, turn }: Sent): void {
  const { ledger, presence } = state;
  const { vote, drawn } = duty;
  const dutyId = dutyIdOf(drawn);
  if (vote === null || !canIntend(state) || isDone(state, duty, step)) return;
  const refusedAt = presence.voteRefusedAt.get(dutyId);
  if (refusedAt !== undefined && (presence.headSeconds ?? 0) < refusedAt + retrySeconds(state)) return;
  const before = duty.intents.get(step);
  if (before !== undefined && ledger.sender.intents.has(before)) return;
  // Never two of one moment, since the next one waits for a later head.
  const intentId = `${step}/${dutyId}/${turn.now}`;
  const { disputeId } = drawn;
  const { digest, salt, commitment } = vote;
  turn.record({ type: "voteIntended", dutyId, step, intentId, at: turn.now });
  const call =
    step === "commitVote"
      ? ({ kind: "commitVote", disputeId, commitment } as const)
      : ({ kind: "revealVote", disputeId, digest, salt } as const);
  intendCall(state, { intentId, call }, turn);
}

// Often enough for the shorter window, seldom enough for the journal.
function retrySeconds({ presence }: WorkerState): number {
  const { commit = 0, reveal = 0 } = presence.courtSeconds ?? {};
  return Math.max(1, Math.min(commit, reveal) / 20);
}

function isMined({ ledger }: WorkerState, { intents }: Duty, step: VoteStep): boolean {
  const intentId = intents.get(step) ?? "";
  const { intents: underWay, finished } = ledger.sender;
  return underWay.get(intentId)?.status === "mined" || finished.get(intentId)?.status === "final";
}

// A step that the chain took is not repeated: the sender looks after it in a reorg.
function isDone({ ledger }: WorkerState, { intents }: Duty, step: VoteStep): boolean {
  return ledger.sender.finished.get(intents.get(step) ?? "")?.status === "final";
}

function endDuty(state: WorkerState, duty: Duty, turn: WorkerTurn): void {
  const dutyId = dutyIdOf(duty.drawn);
  const outcome = isDone(state, duty, "revealVote") ? "voted" : "missed";
  turn.record({ type: "dutyOver", dutyId, outcome, at: turn.now });
  state.presence.judging.delete(dutyId);
  state.presence.voteRefusedAt.delete(dutyId);
}
