// The court's rules in miniature: a dispute about one task, whose jury always finds the right answer; what it takes goes out of pledges.
import {
  type Address,
  type ChainCall,
  type ChainEventBody,
  disputeIdOf,
  type EscrowId,
  type Hash,
  resultDigest,
  resultHashOf,
  type Statement,
  type TaskSpecHash,
  zeroHash,
} from "@starling/protocol";
import { award, jurySize, openingBond } from "./credits.ts";
import { outputsOf, rightContent } from "./outputs.ts";
import { coordinatorAddress } from "./records.ts";
import { Revert } from "./revert.ts";
import { pledgeKey, type RegistryState } from "./stake-rules.ts";

/** How long its parts last, seconds. */
export const courtWindows = {
  evidenceSeconds: 8,
  drawSeconds: 30,
  commitSeconds: 4,
  revealSeconds: 3,
  appealSeconds: 2,
} as const;

/** Somebody who is held to an answer, and what that may cost, base units. */
interface Accused {
  readonly worker: Address;
  readonly operator: Address;
  readonly attempt: number;
  readonly resultHash: Hash;
  readonly fine: bigint;
}

/** One dispute. Its stage follows from these and the time. */
export interface DisputeState {
  readonly escrowId: EscrowId;
  readonly taskSpec: TaskSpecHash;
  readonly contested: Hash;
  /** The operator of whoever signed it. */
  readonly defendant: Address;
  readonly opensAt: number;
  accused: readonly Accused[];
  seedBlock: number | null;
  drawnAt: number | null;
  jurors: readonly Address[];
  outcome: "undecided" | "upheld" | "overturned" | null;
}

/** Everything that the court knows. */
export interface CourtState {
  readonly disputes: Map<Hash, DisputeState>;
  /** What waits for each account until anybody has it sent, base units. */
  readonly credits: Map<Address, bigint>;
}

type CourtCall = Extract<ChainCall, { kind: "openOnReceipt" | "implicate" | "draw" | "resolve" }>;

/** The chain around a call. */
export interface CourtContext {
  readonly timestampSeconds: number;
  readonly blockNumber: number;
  /** When the escrow of an opening is final; null when there is none. */
  readonly finalAt: number | null;
  readonly operatorOf: (worker: Address) => Address | undefined;
  /** Workers that may be drawn as jurors. */
  readonly seats: readonly Address[];
  /** Whose money is in an escrow. */
  readonly payerOf: (escrowId: EscrowId) => Address;
}

/** The court and what it may take. */
interface Bench {
  readonly court: CourtState;
  readonly registry: RegistryState;
  /** Token balances, base units. */
  readonly balances: Map<Address, bigint>;
}

/** Applies a call in place; throws `Revert` before it has changed anything. Signatures are checked before a core sees an answer. */
export function applyCourtCall(bench: Bench, call: CourtCall, context: CourtContext): ChainEventBody[] {
  if (call.kind === "openOnReceipt") return open(bench, call, context);
  const { disputeId } = call;
  const dispute = bench.court.disputes.get(disputeId);
  if (dispute === undefined) throw new Revert("CourtBadStage");
  const stage = stageOf(dispute, context.timestampSeconds);
  const needed = { implicate: "evidence", draw: "drawing", resolve: "ripe" }[call.kind];
  if (stage !== needed) throw new Revert(`CourtBadStage(${stage}, ${needed})`);
  switch (call.kind) {
    case "implicate":
      return accuse(bench, dispute, { disputeId, statement: call.statement, context });
    case "draw":
      return draw(dispute, disputeId, context);
    case "resolve":
      return resolve(bench, dispute, { disputeId, context });
  }
}

function stageOf(dispute: DisputeState, now: number): string {
  const { drawSeconds, commitSeconds, revealSeconds, appealSeconds } = courtWindows;
  if (dispute.outcome !== null) return "resolved";
  if (now < dispute.opensAt) return "evidence";
  if (dispute.drawnAt === null) return now < dispute.opensAt + drawSeconds ? "drawing" : "ripe";
  return now < dispute.drawnAt + commitSeconds + revealSeconds + appealSeconds ? "judging" : "ripe";
}

function open(
  bench: Bench,
  { escrowId, taskSpec, statement }: Extract<CourtCall, { kind: "openOnReceipt" }>,
  context: CourtContext,
): ChainEventBody[] {
  const disputeId = disputeIdOf(escrowId, taskSpec);
  if (bench.court.disputes.has(disputeId)) throw new Revert("CourtAlreadyOpen");
  const { timestampSeconds, finalAt } = context;
  if (finalAt === null || timestampSeconds >= finalAt) throw new Revert("CourtTooLate");
  const contested = statement.resultHash;
  const dispute: DisputeState = {
    escrowId,
    taskSpec,
    contested,
    defendant: context.operatorOf(statement.worker) ?? statement.worker,
    opensAt: timestampSeconds + courtWindows.evidenceSeconds,
    accused: [],
    seedBlock: null,
    drawnAt: null,
    jurors: [],
    outcome: null,
  };
  const implicated = accuse(bench, dispute, { disputeId, statement, context });
  const balance = (bench.balances.get(coordinatorAddress) ?? 0n) - openingBond;
  if (balance < 0n) throw new Revert("ERC20InsufficientBalance");
  bench.balances.set(coordinatorAddress, balance);
  bench.court.disputes.set(disputeId, dispute);
  const challenger = coordinatorAddress;
  return [{ type: "disputeOpened", disputeId, escrowId, taskSpec, challenger, contested }, ...implicated];
}

function accuse(
  { registry }: Bench,
  dispute: DisputeState,
  {
    disputeId,
    statement: { worker, attempt, resultHash, fine: signed },
    context,
  }: { readonly disputeId: Hash; readonly statement: Statement; readonly context: CourtContext },
): ChainEventBody[] {
  const operator = context.operatorOf(worker);
  if (operator === undefined) throw new Revert("CourtUnknownWorker");
  const pledge = registry.pledges.get(pledgeKey(dispute.escrowId, operator));
  const pledged = pledge?.amount ?? 0n;
  const fine = signed < pledged ? signed : pledged;
  if (fine === 0n) throw new Revert("CourtNothingAtStake");
  if (context.timestampSeconds >= (pledge?.releaseAt ?? 0)) throw new Revert("CourtTooLate");
  if (dispute.accused.some((one) => one.worker === worker && one.attempt === attempt))
    throw new Revert("CourtAlreadyStated");
  dispute.accused = [...dispute.accused, { worker, operator, attempt, resultHash, fine }];
  return [{ type: "workerImplicated", disputeId, worker, attempt, resultHash, fine }];
}

function draw(
  dispute: DisputeState,
  disputeId: Hash,
  { blockNumber, timestampSeconds, seats, operatorOf, payerOf }: CourtContext,
): ChainEventBody[] {
  if (dispute.seedBlock === null) {
    dispute.seedBlock = blockNumber + 1;
    return [{ type: "juryArmed", disputeId, round: 1, seedBlock: dispute.seedBlock }];
  }
  if (blockNumber <= dispute.seedBlock) throw new Revert(`CourtTooEarly(${dispute.seedBlock})`);
  dispute.drawnAt = timestampSeconds;
  const barred = new Set<Address | undefined>([payerOf(dispute.escrowId), coordinatorAddress]);
  for (const { operator } of dispute.accused) barred.add(operator);
  dispute.jurors = seats.filter((worker) => !barred.has(operatorOf(worker))).slice(0, jurySize);
  return [{ type: "juryDrawn", disputeId, round: 1, jurors: dispute.jurors }];
}

function resolve(
  { registry, court }: Bench,
  dispute: DisputeState,
  { disputeId, context }: { readonly disputeId: Hash; readonly context: CourtContext },
): ChainEventBody[] {
  const { escrowId, taskSpec, contested, accused, drawnAt, jurors, defendant } = dispute;
  const verdict = drawnAt === null ? zeroHash : rightAnswer(taskSpec);
  const outcome = verdict === zeroHash ? "undecided" : verdict === contested ? "upheld" : "overturned";
  dispute.outcome = outcome;
  const events: ChainEventBody[] = [{ type: "disputeResolved", disputeId, outcome, verdict }];
  let fines = 0n;
  for (const { worker, operator, attempt, resultHash, fine } of accused) {
    if (outcome === "undecided" || resultHash === verdict) continue;
    const amount = slash(registry, pledgeKey(escrowId, operator), fine);
    events.push({ type: "slashed", escrowId, operator, amount });
    events.push({ type: "workerFined", escrowId, worker, attempt, amount });
    fines += amount;
  }
  const payer = context.payerOf(escrowId);
  return [...events, ...award(court.credits, { outcome, jurors, defendant, payer, fines })];
}

/** What a jury of honest workers finds. */
export function rightAnswer(taskSpec: TaskSpecHash): Hash {
  return resultHashOf(taskSpec, resultDigest(outputsOf(rightContent(taskSpec))));
}

function slash(registry: RegistryState, key: string, fine: bigint): bigint {
  const pledge = registry.pledges.get(key);
  if (pledge === undefined) return 0n;
  const amount = fine < pledge.amount ? fine : pledge.amount;
  const bond = registry.stakes.get(pledge.operator) ?? { stake: 0n, pledged: 0n };
  registry.pledges.set(key, { ...pledge, amount: pledge.amount - amount });
  registry.stakes.set(pledge.operator, { stake: bond.stake - amount, pledged: bond.pledged - amount });
  return amount;
}

/** Whether an open dispute holds the operator's pledge to an escrow. */
export function isLocked({ disputes }: CourtState, escrowId: EscrowId, operator: Address): boolean {
  return [...disputes.values()].some(
    (one) => one.outcome === null && one.escrowId === escrowId && one.accused.some((who) => who.operator === operator),
  );
}
