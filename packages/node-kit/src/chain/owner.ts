// What the owner of a stake asks of the chain, one transaction after the other, each waited for. Daemons use the sender instead.
import {
  type Address,
  type EscrowId,
  type Hash,
  type PledgeAllowance,
  registrationDigest,
  type Signature,
  zeroHash,
} from "@starling/protocol";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { type ChainNetwork, type Contracts, contractsAt, revertReason, signingDomainOf } from "./contracts.ts";
import { devnetAccounts } from "./devnet-accounts.ts";
import { ChainQueries } from "./queries.ts";
import { readContract } from "./read-contract.ts";
import { recover } from "./signing.ts";
import { mined, type Submission, seatGasReserve, submitAll } from "./submit.ts";
import { signRegistration, type Wallet } from "./wallet.ts";

/** A worker's consent to be owned: what `starling worker identity` prints. */
export interface WorkerConsent {
  readonly operator: Address;
  readonly worker: Address;
  /** keccak-256 of its peer id's multihash. */
  readonly peerIdHash: Hash;
  readonly seq: number;
  readonly workerSignature: Signature;
}

/** The operator's half, which the worker shows to whoever it greets. */
export interface SignedRegistration extends Omit<WorkerConsent, "workerSignature"> {
  readonly operatorSignature: Signature;
}

/** A coordinator's promise that anybody may redeem for the worker. */
export interface RedeemableVoucher {
  readonly escrowId: EscrowId;
  readonly worker: Address;
  readonly cumulative: bigint;
  readonly signature: Signature;
}

/** What became of a voucher. Amounts are before the fee; `owed` is what the escrow has no money for any more. */
export type Redemption =
  | { readonly kind: "redeemed"; readonly amount: bigint }
  | { readonly kind: "paid" }
  | { readonly kind: "unknownEscrow" }
  | { readonly kind: "closed" | "notAllotted"; readonly owed: bigint };

/** A worker's seat in the jury pool. */
export interface Seat {
  readonly isTaken: boolean;
  /** Under what its stake is pledged, as if it were an escrow. */
  readonly pledgedTo: EscrowId;
  /** What stands behind it, base units. */
  readonly stake: bigint;
  /** From when on the stake of a seat that was left can be had back, block seconds; null while it is taken, or nothing is left. */
  readonly releaseAtSeconds: number | null;
}

/** Why the owner's wish was not carried out, in words. */
export class OwnerError extends Error {
  override readonly name = "OwnerError";
}

/** One owner's dealings with the contracts of one network. Bound every call with its signal. */
export class OwnerChain {
  readonly queries: ChainQueries;
  readonly #rpc: RpcClient;
  readonly #network: ChainNetwork;
  readonly #contracts: Contracts;

  constructor(rpc: RpcClient, network: ChainNetwork) {
    this.#rpc = rpc;
    this.#network = network;
    this.#contracts = contractsAt(network.contracts);
    this.queries = new ChainQueries(rpc, network);
  }

  /** Adds to an operator's stake from the sender's money. */
  async addStake(
    sender: Wallet,
    { operator, amount }: { readonly operator: Address; readonly amount: bigint },
    waiting: RpcWaiting,
  ): Promise<readonly Hash[]> {
    const { token, registry } = this.#contracts;
    const approve = { to: token.address, data: token.encode("approve", [registry.address, amount]) };
    const increase = { to: registry.address, data: registry.encode("increaseStake", [operator, amount]) };
    return await this.#send(sender, [approve, increase], waiting);
  }

  /** Registers a worker as the operator's, and lets it pledge up to an allowance; throws when the consent is not the worker's. */
  async register(
    operator: Wallet,
    { consent, allowance }: { readonly consent: WorkerConsent; readonly allowance: bigint },
    waiting: RpcWaiting,
  ): Promise<SignedRegistration> {
    const { registry } = this.#contracts;
    const { workerSignature, ...claim } = consent;
    if (claim.operator !== operator.address)
      throw new OwnerError(`the worker consents to be owned by ${claim.operator}, and this key is ${operator.address}`);
    const domain = signingDomainOf(this.#network);
    if (recover(registrationDigest(domain, claim), workerSignature) !== claim.worker)
      throw new OwnerError(`the consent is not signed by the worker ${claim.worker} for this network`);
    const operatorSignature = signRegistration(operator, domain, claim);
    const none = { value: 0n, deadline: 0n, v: 0n, r: zeroHash, s: zeroHash };
    const entry = { ...claim, seq: BigInt(claim.seq) };
    const calls = [
      registry.encode("registerFor", [entry, 0n, operatorSignature, workerSignature, none]),
      registry.encode("setPledgeAllowance", [claim.worker, allowance]),
    ];
    await this.#send(
      operator,
      calls.map((data) => ({ to: registry.address, data })),
      waiting,
    );
    return { ...claim, operatorSignature };
  }

  /** Lets a worker pledge up to an allowance; `anyPledge` for any amount. */
  async allow(
    operator: Wallet,
    { worker, allowance }: Pick<PledgeAllowance, "worker" | "allowance">,
    waiting: RpcWaiting,
  ): Promise<void> {
    await this.#registry(operator, this.#contracts.registry.encode("setPledgeAllowance", [worker, allowance]), waiting);
  }

  /** Starts leaving; resolves with the moment from which the stake may be withdrawn, in block seconds. */
  async unbond(operator: Wallet, waiting: RpcWaiting): Promise<number | null> {
    await this.#registry(operator, this.#contracts.registry.encode("startUnbond", []), waiting);
    return await this.queries.leavesAt(operator.address, waiting);
  }

  /** Stays after all. */
  async stay(operator: Wallet, waiting: RpcWaiting): Promise<void> {
    await this.#registry(operator, this.#contracts.registry.encode("cancelUnbond", []), waiting);
  }

  /** Takes out what is not pledged once the delay is over. */
  async withdraw(operator: Wallet, waiting: RpcWaiting): Promise<void> {
    await this.#registry(operator, this.#contracts.registry.encode("withdraw", [operator.address]), waiting);
  }

  /** A worker's seat as it stands. Throws where nobody owns the worker. */
  async seat(worker: Address, waiting: RpcWaiting): Promise<Seat> {
    const { registry: contract } = this.#contracts;
    const operator = await this.queries.operatorOf(worker, waiting);
    if (operator === null) throw new OwnerError(`${worker} is not registered; \`stake register\` does that`);
    const isTaken = await readContract(this.#rpc, { contract, name: "isSeated", args: [worker] }, waiting);
    const pledgedTo = await readContract(this.#rpc, { contract, name: "seatOf", args: [worker] }, waiting);
    const { amount: stake, releaseAtSeconds } = await this.queries.pledge(pledgedTo, operator, waiting);
    return { isTaken, pledgedTo, stake, releaseAtSeconds: isTaken || stake === 0n ? null : releaseAtSeconds };
  }

  /** Takes a seat for a worker, with stake of its own behind it. */
  async joinJury(operator: Wallet, worker: Address, waiting: RpcWaiting): Promise<void> {
    const { registry } = this.#contracts;
    const join = { to: registry.address, data: registry.encode("joinJury", [worker]), gasReserve: seatGasReserve };
    await this.#send(operator, [join], waiting);
  }

  /** Leaves the seat; or, of a seat that was left long enough ago, frees its stake. */
  async leaveJury(operator: Wallet, worker: Address, waiting: RpcWaiting): Promise<void> {
    const { registry } = this.#contracts;
    const { isTaken, stake, pledgedTo } = await this.seat(worker, waiting);
    if (!isTaken && stake === 0n) throw new OwnerError(`${worker} has no seat on the jury, and no stake behind one`);
    const data = isTaken
      ? registry.encode("leaveJury", [worker])
      : registry.encode("releasePledge", [pledgedTo, operator.address]);
    await this.#send(operator, [{ to: registry.address, data, gasReserve: seatGasReserve }], waiting);
  }

  /** Redeems a voucher: the money goes to the worker, the gas is the sender's. */
  async redeem(
    sender: Wallet,
    { escrowId, worker, cumulative, signature }: RedeemableVoucher,
    waiting: RpcWaiting,
  ): Promise<Redemption> {
    const { escrow } = this.#contracts;
    const { phase } = await this.queries.escrow(escrowId, waiting);
    if (phase === "none") return { kind: "unknownEscrow" };
    const before = await this.queries.account(escrowId, worker, waiting);
    if (before.claimed >= cumulative) return { kind: "paid" };
    if (phase === "closed" || before.claimed >= before.allotted)
      return { kind: phase === "closed" ? "closed" : "notAllotted", owed: cumulative - before.claimed };
    const data = escrow.encode("redeem", [escrowId, worker, cumulative, signature]);
    await this.#send(sender, [{ to: escrow.address, data }], waiting);
    const { claimed } = await this.queries.account(escrowId, worker, waiting);
    return { kind: "redeemed", amount: claimed - before.claimed };
  }

  /** Gives an account money and gas out of nothing. Throws `OwnerError` on any chain but a local development node. */
  async fund(
    account: Address,
    { tokens, wei }: { readonly tokens: bigint; readonly wei: bigint },
    waiting: RpcWaiting,
  ): Promise<void> {
    const version = String(await this.#rpc.request("web3_clientVersion", [], waiting));
    if (!version.toLowerCase().startsWith("anvil"))
      throw new OwnerError(`only a devnet makes money out of nothing, and this chain's node is ${version}`);
    await this.#rpc.request("anvil_setBalance", [account, `0x${wei.toString(16)}`], waiting);
    const { token } = this.#contracts;
    const mint = { to: token.address, data: token.encode("mint", [account, tokens]) };
    await this.#send(devnetAccounts(0).deployer, [mint], waiting);
  }

  async #registry(sender: Wallet, data: `0x${string}`, waiting: RpcWaiting): Promise<void> {
    await this.#send(sender, [{ to: this.#contracts.registry.address, data }], waiting);
  }

  async #send(wallet: Wallet, submissions: readonly Submission[], waiting: RpcWaiting): Promise<readonly Hash[]> {
    const { chainId } = this.#network;
    try {
      const hashes = await submitAll({ rpc: this.#rpc, chainId, wallet }, submissions, waiting);
      await mined(this.#rpc, hashes, waiting);
      return hashes;
    } catch (error) {
      const reason = revertReason(this.#contracts, error);
      if (reason !== null) throw new OwnerError(`the contract refuses: ${withAdvice(reason)}`, { cause: error });
      throw error;
    }
  }
}

/** What to try, by the names of the registry's errors. */
const advice: Readonly<Record<string, string>> = {
  StakeEmpty: "there is no stake; `stake add` makes one",
  StakeNotUnbonding: "the stake is not leaving; `stake unbond` starts that",
  StakeUnbonding: "the stake is leaving; `stake stay` stops that",
  StakeTooEarly: "the delay is not over; `stake status` says when it is",
  StakePledged: "the rest is pledged to escrows, and free once they are final",
  StakeOldSequence: "a later registration is known; print a new consent with `worker identity`",
  StakeNotOperator: "the worker belongs to another operator",
  StakeSeated: "the worker has a seat on the jury already, or had one whose stake is not free yet",
  StakeNotSeated: "the worker has no seat on the jury; `stake jury join` takes one",
  StakeInsufficient: "there is not so much free stake; `stake add` adds some",
};

function withAdvice(reason: string): string {
  const known = advice[reason.split("(")[0] ?? ""];
  return known === undefined ? reason : `${reason}: ${known}`;
}
