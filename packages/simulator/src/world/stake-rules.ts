// The stake registry's rules in miniature: pledges to escrows, and how they end.
import type { Address, ChainCall, ChainEventBody, EscrowId } from "@starling/protocol";
import { Revert } from "./revert.ts";

/** One pledge. */
export interface PledgeState {
  readonly operator: Address;
  readonly amount: bigint;
  /** All that was ever pledged. */
  readonly total: bigint;
  readonly releaseAt: number;
}

/** Stakes and what of them is pledged. */
export interface RegistryState {
  readonly stakes: Map<Address, { readonly stake: bigint; readonly pledged: bigint }>;
  /** By escrow and operator. */
  readonly pledges: Map<string, PledgeState>;
}

/** The registry with these stakes, and nothing pledged. */
export function registryOf(stakes: ReadonlyMap<Address, bigint>): RegistryState {
  return { stakes: new Map([...stakes].map(([who, stake]) => [who, { stake, pledged: 0n }])), pledges: new Map() };
}

/** Where a pledge stands in the state. */
export function pledgeKey(escrowId: EscrowId, operator: Address): string {
  return `${escrowId} ${operator}`;
}

interface Moment {
  readonly timestampSeconds: number;
  /** When the escrow is final; null when there is none. */
  readonly finalAt: number | null;
}

/** Pledges by a signed order. Signatures are not modelled: whose order it is was settled on the way. */
export function pledgeFor(
  state: RegistryState,
  { order }: Extract<ChainCall, { kind: "pledgeFor" }>,
  { timestampSeconds, finalAt }: Moment,
): ChainEventBody[] {
  const { escrowId, operator, total, releaseBySeconds, deadlineSeconds } = order;
  if (timestampSeconds > deadlineSeconds) throw new Revert("StakeTooLate");
  const key = pledgeKey(escrowId, operator);
  const before = state.pledges.get(key) ?? { operator, amount: 0n, total: 0n, releaseAt: 0 };
  if (total < before.total) throw new Revert("StakePledgeUsed");
  if (finalAt === null || finalAt <= timestampSeconds) throw new Revert("StakeEscrowFinal");
  if (finalAt > releaseBySeconds) throw new Revert("StakeTooLong");
  const bond = state.stakes.get(operator) ?? { stake: 0n, pledged: 0n };
  const amount = total - before.total;
  if (amount > bond.stake - bond.pledged) throw new Revert("StakeInsufficient");
  if (amount === 0n && before.amount === 0n) throw new Revert("StakeNoPledge");
  // The same total again adds nothing: it may only prolong what stands.
  if (amount === 0n && finalAt <= before.releaseAt) throw new Revert("StakePledgeUsed");
  const releaseAt = Math.max(before.releaseAt, finalAt);
  state.stakes.set(operator, { stake: bond.stake, pledged: bond.pledged + amount });
  state.pledges.set(key, { operator, amount: before.amount + amount, total, releaseAt });
  return [{ type: "pledged", escrowId, operator, amount, total, releaseAtSeconds: releaseAt }];
}

/** Ends a pledge. */
export function releasePledge(
  state: RegistryState,
  { escrowId, operator }: Extract<ChainCall, { kind: "releasePledge" }>,
  { timestampSeconds, finalAt }: Moment,
): ChainEventBody[] {
  const key = pledgeKey(escrowId, operator);
  const pledge = state.pledges.get(key);
  const bond = state.stakes.get(operator);
  if (pledge === undefined || bond === undefined || pledge.amount === 0n) throw new Revert("StakeNoPledge");
  if (timestampSeconds < Math.min(pledge.releaseAt, finalAt ?? 0)) throw new Revert("StakeTooEarly");
  state.pledges.set(key, { operator, amount: 0n, total: pledge.total, releaseAt: 0 });
  state.stakes.set(operator, { stake: bond.stake, pledged: bond.pledged - pledge.amount });
  return [{ type: "pledgeReleased", escrowId, operator, amount: pledge.amount }];
}
