// An escrow as the chain tells it, asked from a node of the chain without the coordinator.
import type { Address, EscrowId, Hash, NetworkFile } from "@starling/protocol";
import { StarlingError } from "../call-error.ts";
import { type AuditedLog, addressIn, auditedLogs, callData, topicOf, uintIn, wordAt, wordsIn } from "./chain-words.ts";
import { type ChainNode, ChainRefusal } from "./json-rpc.ts";
import type { ChainMoney, ChainOperator, ChainWorker } from "./sources.ts";

/** Which escrow, and up to which block. */
export interface ChainQuestion {
  readonly escrowId: EscrowId;
  readonly toBlock: number;
}

/** Reads events up to a block and accounts after it; all zeros for an escrow that is not there. Throws `StarlingError`. */
export async function readChain(
  node: ChainNode,
  { contracts }: Pick<NetworkFile, "contracts">,
  { escrowId, toBlock }: ChainQuestion,
): Promise<ChainMoney> {
  const address = [contracts.jobEscrow, contracts.stakeRegistry];
  const logs = await logsIn(node, { fromBlock: 0, toBlock, filter: { address, topics: [null, escrowId] } });
  // A log of one contract must not pass for one of the other.
  const said = new Sums(
    logs.filter((log) => log.address === (ofRegistry.has(log.name) ? contracts.stakeRegistry : contracts.jobEscrow)),
  );
  const at = toQuantity(toBlock);
  const ask = async (to: Address, data: string): Promise<readonly Hash[]> =>
    wordsIn(await node.request("eth_call", [{ to, data }, at]));
  const escrow = await ask(contracts.jobEscrow, callData("escrow", [escrowId]));
  const workers = new Map<Address, ChainWorker>();
  for (const [worker, sums] of said.workers) {
    const words = await ask(contracts.jobEscrow, callData("account", [escrowId, worker]));
    workers.set(worker, { ...sums, account: { allotted: uintIn(words, 0), claimed: uintIn(words, 1) } });
  }
  const operators = new Map<Address, ChainOperator>();
  for (const [operator, sums] of said.operators) {
    const words = await ask(contracts.stakeRegistry, callData("pledgeOf", [escrowId, operator]));
    operators.set(operator, { ...sums, account: uintIn(words, 0) });
  }
  const { payer, deposited, refunded, isClosed, roots } = said;
  const account = { budget: uintIn(escrow, 8), allotted: uintIn(escrow, 9), claimed: uintIn(escrow, 10) };
  return { blockNumber: toBlock, payer, deposited, refunded, isClosed, workers, operators, roots, account };
}

/** The number of the newest block. */
export async function headOf(node: ChainNode): Promise<number> {
  const head = Number(await node.request("eth_blockNumber", []));
  if (!Number.isSafeInteger(head))
    throw new StarlingError("unavailable", "the chain's node does not say which block is its newest");
  return head;
}

/** The chain's id as the node tells it. */
export async function chainIdOf(node: ChainNode): Promise<number> {
  return Number(await node.request("eth_chainId", []));
}

/** Escrows that some payers opened with some coordinators, up to a block. */
export async function escrowsOf(
  node: ChainNode,
  { contracts, coordinators }: Pick<NetworkFile, "contracts" | "coordinators">,
  { payers, toBlock }: { readonly payers: readonly Address[]; readonly toBlock: number },
): Promise<readonly EscrowId[]> {
  if (payers.length === 0) return [];
  const topics = [
    topicOf("EscrowCreated"),
    null,
    payers.map(padded),
    coordinators.map(({ address }) => padded(address)),
  ];
  const logs = await logsIn(node, { fromBlock: 0, toBlock, filter: { address: contracts.jobEscrow, topics } });
  return logs.map(({ escrowId }) => escrowId);
}

function padded(address: Address): string {
  return `0x${address.slice(2).padStart(64, "0")}`;
}

const ofRegistry: ReadonlySet<string> = new Set(["Pledged", "PledgeReleased", "Slashed"]);

interface Range {
  readonly fromBlock: number;
  readonly toBlock: number;
  readonly filter: Readonly<Record<string, unknown>>;
}

// Nodes refuse ranges that are too wide for them, each by its own limit: half of it is asked then.
async function logsIn(node: ChainNode, { fromBlock, toBlock, filter }: Range): Promise<readonly AuditedLog[]> {
  const range = { fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock) };
  try {
    return auditedLogs(await node.request("eth_getLogs", [{ ...filter, ...range }]));
  } catch (error) {
    if (!(error instanceof ChainRefusal) || fromBlock >= toBlock) throw error;
    const middle = Math.floor((fromBlock + toBlock) / 2);
    const first = await logsIn(node, { fromBlock, toBlock: middle, filter });
    return [...first, ...(await logsIn(node, { fromBlock: middle + 1, toBlock, filter }))];
  }
}

type WorkerSums = Omit<ChainWorker, "account">;
type OperatorSums = Omit<ChainOperator, "account">;

// What events add up to. The escrow's id is the first word of each, and was asked for.
class Sums {
  payer: Address | null = null;
  deposited = 0n;
  refunded = 0n;
  isClosed = false;
  readonly roots: Hash[] = [];
  readonly workers = new Map<Address, WorkerSums>();
  readonly operators = new Map<Address, OperatorSums>();

  constructor(logs: readonly AuditedLog[]) {
    for (const log of logs) this.#add(log);
  }

  #add({ name, topics, words }: AuditedLog): void {
    switch (name) {
      case "EscrowCreated":
        this.payer = addressIn(topics, 0);
        this.deposited += uintIn(words, 0);
        return;
      case "EscrowToppedUp":
        this.deposited += uintIn(words, 0);
        return;
      case "Allotted":
        this.#worker(addressIn(topics, 0), () => ({ allotted: uintIn(words, 0) }));
        return;
      case "Paid":
        this.#worker(addressIn(topics, 0), ({ paid }) => ({
          cumulative: uintIn(words, 0),
          paid: paid + uintIn(words, 1),
        }));
        return;
      case "Released":
      case "Reclaimed":
        this.#worker(addressIn(topics, 0), ({ allotted }) => ({ allotted: allotted - uintIn(words, 0) }));
        return;
      case "ResultsCommitted":
        this.roots.push(wordAt(words, 0));
        return;
      case "Refunded":
        this.refunded += uintIn(words, 0);
        return;
      case "EscrowClosed":
        this.refunded += uintIn(words, 0);
        this.isClosed = true;
        return;
      case "Pledged":
        this.#operator(addressIn(topics, 0), ({ pledged }) => ({ pledged: pledged + uintIn(words, 0) }));
        return;
      case "PledgeReleased":
        this.#operator(addressIn(topics, 0), ({ released }) => ({ released: released + uintIn(words, 0) }));
        return;
      case "Slashed":
        this.#operator(addressIn(topics, 0), ({ fined }) => ({ fined: fined + uintIn(words, 0) }));
        return;
    }
  }

  #worker(worker: Address, change: (sums: WorkerSums) => Partial<WorkerSums>): void {
    const known = this.workers.get(worker) ?? { paid: 0n, cumulative: 0n, allotted: 0n };
    this.workers.set(worker, { ...known, ...change(known) });
  }

  #operator(operator: Address, change: (sums: OperatorSums) => Partial<OperatorSums>): void {
    const known = this.operators.get(operator) ?? { pledged: 0n, released: 0n, fined: 0n };
    this.operators.set(operator, { ...known, ...change(known) });
  }
}

function toQuantity(number: number): string {
  return `0x${number.toString(16)}`;
}
