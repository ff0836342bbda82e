// The juries of the court that name a worker, with the windows in which it votes.
import type { Address, EscrowId, Hash, TaskSpecHash } from "@starling/protocol";
import { logIn } from "./answers.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import { type ChainNetwork, contractsAt } from "./contracts.ts";
import { courtBody } from "./court-events.ts";
import { readContract } from "./read-contract.ts";
import { RpcError } from "./rpc-error.ts";

/** One jury that was drawn, of a dispute that is not resolved. Block seconds. */
export interface JuryOnChain {
  readonly disputeId: Hash;
  /** 1, or 2 for an appeal. */
  readonly round: number;
  readonly escrowId: EscrowId;
  readonly taskSpec: TaskSpecHash;
  /** Whoever opened the dispute. */
  readonly challenger: Address;
  readonly commitBySeconds: number;
  readonly revealBySeconds: number;
}

/** How long jurors have, seconds. */
export interface JuryWindows {
  readonly commit: number;
  readonly reveal: number;
}

/** Whose juries, drawn in which blocks; both ends are included. */
export interface JuryQuestion {
  readonly juror: Address;
  readonly fromBlock: number;
  readonly toBlock: number;
}

/** Reads one network's court. Every method throws `RpcError`. */
export class JuryQueries {
  readonly #rpc: RpcClient;
  readonly #contracts: ReturnType<typeof contractsAt>;
  #windows: JuryWindows | undefined;

  constructor(rpc: RpcClient, network: ChainNetwork) {
    this.#rpc = rpc;
    this.#contracts = contractsAt(network.contracts);
  }

  /** How long jurors have. A court never changes it, so it is read once. */
  async windows(waiting: RpcWaiting = {}): Promise<JuryWindows> {
    if (this.#windows !== undefined) return this.#windows;
    const { court: contract } = this.#contracts;
    const { commit, reveal } = await readContract(this.#rpc, { contract, name: "windows", args: [] }, waiting);
    this.#windows = { commit: Number(commit), reveal: Number(reveal) };
    return this.#windows;
  }

  /** The juries that name a worker. */
  async juries({ juror, fromBlock, toBlock }: JuryQuestion, waiting: RpcWaiting = {}): Promise<readonly JuryOnChain[]> {
    const range = { fromBlock: `0x${fromBlock.toString(16)}`, toBlock: `0x${toBlock.toString(16)}` };
    const filter = { ...range, address: this.#contracts.court.address };
    const logs = await this.#rpc.request("eth_getLogs", [filter], waiting);
    if (!Array.isArray(logs)) throw new RpcError("malformed", "the node's logs are no list");
    const found: JuryOnChain[] = [];
    for (const log of logs) {
      const body = courtBody(this.#contracts, logIn(log));
      if (body?.type !== "juryDrawn" || !body.jurors.includes(juror)) continue;
      const jury = await this.#jury(body.disputeId, body.round, waiting);
      if (jury !== null) found.push(jury);
    }
    return found;
  }

  // Null where a reorg, or a later round, has overtaken the draw.
  async #jury(disputeId: Hash, round: number, waiting: RpcWaiting): Promise<JuryOnChain | null> {
    const { court: contract } = this.#contracts;
    const [dispute, first, drawn, { commit, reveal }] = await Promise.all([
      readContract(this.#rpc, { contract, name: "dispute", args: [disputeId] }, waiting),
      readContract(this.#rpc, { contract, name: "roundOf", args: [disputeId, 1n] }, waiting),
      readContract(this.#rpc, { contract, name: "roundOf", args: [disputeId, BigInt(round)] }, waiting),
      this.windows(waiting),
    ]);
    if (dispute.outcome !== 0n || drawn.drawnAt === 0n) return null;
    const commitBySeconds = Number(drawn.drawnAt) + commit;
    const { escrowId, taskSpec } = dispute;
    const revealBySeconds = commitBySeconds + reveal;
    return { disputeId, round, escrowId, taskSpec, challenger: first.payer, commitBySeconds, revealBySeconds };
  }
}
