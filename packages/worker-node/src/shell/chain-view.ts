// The chain as a worker sees it: new heads, and what is confirmed of escrows and allotments.
import {
  type ChainQueries,
  errorFields,
  type JuryQueries,
  type Logger,
  type RpcClient,
  type SeenHead,
  watchHeads,
} from "@starling/node-kit";
import type { Address, EscrowId, TaskOffer } from "@starling/protocol";
import type { ConfirmedAllotment, ConfirmedPledge, SeenClaims, SeenCredits, SeenJuries, WorkerChain } from "./ports.ts";
import { readClaims } from "./read-claims.ts";
import { readCredits } from "./read-credits.ts";

/** Parts of a view. */
export interface ChainViewDeps {
  readonly rpc: RpcClient;
  readonly queries: ChainQueries;
  readonly court: JuryQueries;
  readonly logger: Logger;
}

/** Whose view it is, and how deep something must lie to count. */
export interface ChainViewOptions {
  readonly worker: Address;
  /** 1: a mined block counts. */
  readonly confirmations: number;
}

/** Who stands in an escrow. */
type Parties = Pick<ConfirmedAllotment, "payer" | "coordinator">;

const ESCROWS_MAX = 1_024;
/** How far back juries are looked for at a start: a day and a half of blocks of twelve seconds, as long as a jury has. */
const JURY_BLOCKS = 10_000;

/** The confirmed view of one worker. */
export class ChainView implements WorkerChain {
  readonly #deps: ChainViewDeps;
  readonly #options: ChainViewOptions;
  readonly #stopped = new AbortController();
  readonly #listeners: ((head: SeenHead) => void)[] = [];
  /** An escrow's id is made of its parties among others, so that they never change. */
  readonly #parties = new Map<EscrowId, Parties>();
  readonly #waiting = new Set<() => void>();
  #head: SeenHead | null = null;

  constructor(deps: ChainViewDeps, options: ChainViewOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Begins to follow the chain; one that is away is a warning, and waited for. */
  start(): void {
    const { rpc, logger } = this.#deps;
    const listener = {
      onHead: (head: SeenHead): void => {
        this.#head = head;
        for (const go of this.#waiting) go();
        this.#waiting.clear();
        for (const tell of this.#listeners) tell(head);
      },
      onReachable: (reachable: boolean, error: unknown): void => {
        if (reachable) logger.info("chain reachable");
        else logger.warn("chain not reachable", errorFields(error));
      },
    };
    void watchHeads(rpc, listener, { account: this.#options.worker, signal: this.#stopped.signal });
  }

  /** Calls back with each new head, and with the one of now if there is one. */
  onHead(listener: (head: SeenHead) => void): void {
    this.#listeners.push(listener);
    if (this.#head !== null) listener(this.#head);
  }

  async allotment(escrowId: EscrowId, signal: AbortSignal): Promise<ConfirmedAllotment | null> {
    const block = await this.#confirmedBlock(signal);
    const parties = await this.#partiesOf(escrowId, { block, signal });
    if (parties === null) return null;
    const account = await this.#deps.queries.account(escrowId, this.#options.worker, { block, signal });
    const { allotted, claimed, expiresAtSeconds } = account;
    return { ...parties, allotted, claimed, expiresAt: expiresAtSeconds * 1_000 };
  }

  async pledge(escrowId: EscrowId, others: readonly EscrowId[], signal: AbortSignal): Promise<ConfirmedPledge | null> {
    const { queries } = this.#deps;
    const { worker } = this.#options;
    const at = { block: await this.#confirmedBlock(signal), signal };
    const [escrow, node] = await Promise.all([queries.escrow(escrowId, at), queries.node(worker, at)]);
    if (escrow.phase === "none" || node === null) return null;
    const { operator, pledgeAllowance: allowance } = node;
    const [account, finalAtSeconds, { stake, pledged }, leavesAt, pledge, over] = await Promise.all([
      queries.account(escrowId, worker, at),
      queries.finalAt(escrowId, at),
      queries.stake(operator, at),
      queries.leavesAt(operator, at),
      queries.pledge(escrowId, operator, at),
      this.#finalOf(others, at),
    ]);
    const { coordinator, phase } = escrow;
    const money = {
      allotted: account.allotted,
      stake,
      pledged,
      total: pledge.total,
      standing: pledge.amount,
      allowance,
    };
    const times = { finalAtSeconds, endsAtSeconds: pledge.releaseAtSeconds };
    return { coordinator, open: phase === "open", leaving: leavesAt !== null, over, ...times, ...money };
  }

  async claims(escrowIds: readonly EscrowId[], signal: AbortSignal): Promise<SeenClaims> {
    const confirmedBlock = await this.#confirmedBlock(signal);
    const { worker, confirmations } = this.#options;
    const blockNumber = confirmedBlock + Math.max(1, confirmations) - 1;
    return readClaims(this.#deps.queries, escrowIds, { worker, blockNumber, confirmedBlock, signal });
  }

  async credits(accounts: readonly Address[], signal: AbortSignal): Promise<SeenCredits> {
    const blockNumber = await this.#confirmedBlock(signal);
    return readCredits(this.#deps.queries, accounts, { worker: this.#options.worker, blockNumber, signal });
  }

  async juries(afterBlock: number | null, signal: AbortSignal): Promise<SeenJuries> {
    const { number: toBlock } = this.#head ?? (await this.#firstHead(signal));
    const { confirmations, worker: juror } = this.#options;
    // Blocks that were read may have been replaced since.
    const again = afterBlock === null ? JURY_BLOCKS : Math.max(0, toBlock - afterBlock) + confirmations;
    const fromBlock = Math.max(0, toBlock - again + 1);
    const { court } = this.#deps;
    const juries = await court.juries({ juror, fromBlock, toBlock }, { signal });
    return { throughBlock: toBlock, juries, courtSeconds: await court.windows({ signal }) };
  }

  // By block time, as the contracts compare it.
  async #finalOf(
    escrows: readonly EscrowId[],
    at: { readonly block: number; readonly signal: AbortSignal },
  ): Promise<readonly EscrowId[]> {
    const now = this.#head?.timestampSeconds ?? 0;
    const ends = await Promise.all(escrows.map((escrowId) => this.#deps.queries.finalAt(escrowId, at)));
    return escrows.filter((_escrow, i) => (ends[i] ?? now + 1) <= now);
  }

  async refusalOf(offer: TaskOffer, signal: AbortSignal): Promise<string | null> {
    const escrow = await this.#deps.queries.escrow(offer.escrowId, { signal });
    if (escrow.phase === "none") return "its escrow does not exist";
    if (escrow.phase === "closed") return "its escrow is closed";
    if (escrow.coordinator !== offer.coordinator) return "its escrow is that of another coordinator";
    return escrow.budget > escrow.claimed ? null : "its escrow is spent";
  }

  stop(): void {
    this.#stopped.abort(new Error("the worker stops"));
    this.#deps.rpc.close();
  }

  async #partiesOf(
    escrowId: EscrowId,
    at: { readonly block: number; readonly signal: AbortSignal },
  ): Promise<Parties | null> {
    const known = this.#parties.get(escrowId);
    if (known !== undefined) return known;
    const { phase, payer, coordinator } = await this.#deps.queries.escrow(escrowId, at);
    if (phase === "none") return null;
    if (this.#parties.size < ESCROWS_MAX) this.#parties.set(escrowId, { payer, coordinator });
    return { payer, coordinator };
  }

  async #confirmedBlock(signal: AbortSignal): Promise<number> {
    const head = this.#head ?? (await this.#firstHead(signal));
    return Math.max(0, head.number + 1 - Math.max(1, this.#options.confirmations));
  }

  #firstHead(signal: AbortSignal): Promise<SeenHead> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = (): void => {
        this.#waiting.delete(go);
        reject(signal.reason);
      };
      const go = (): void => {
        signal.removeEventListener("abort", leave);
        if (this.#head !== null) resolve(this.#head);
      };
      this.#waiting.add(go);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
