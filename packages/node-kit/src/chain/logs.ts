// Reading the logs of a range of blocks from one branch, with the hashes that tie the range to what was read before.
import type { ChainEvent, Hash } from "@starling/protocol";
import { type BlockHeader, headerIn, logIn } from "./answers.ts";
import type { RpcClient, RpcWaiting } from "./client.ts";
import type { Contracts } from "./contracts.ts";
import { chainEvent } from "./events.ts";
import { RpcError } from "./rpc-error.ts";

/** The settlement package's input of the same name. */
export type LogsOutcome =
  | {
      readonly type: "logsFetched";
      readonly fromBlock: number;
      readonly toBlock: number;
      readonly parentHash: Hash;
      readonly blocks: readonly { readonly number: number; readonly hash: Hash }[];
      readonly events: readonly ChainEvent[];
    }
  | {
      readonly type: "logsUnavailable";
      readonly fromBlock: number;
      readonly toBlock: number;
      readonly tooMany: boolean;
    };

/** Both ends are included. */
export interface BlockRange {
  readonly fromBlock: number;
  readonly toBlock: number;
}

/** What reading logs needs. */
export interface LogDeps {
  readonly rpc: RpcClient;
  readonly contracts: Contracts;
  /** How many block hashes the indexer's ring holds. */
  readonly ringMax: number;
  /** Drops events that this process has no use for. */
  readonly wanted: (event: ChainEvent) => boolean;
}

/** Reads the logs of our contracts; both ends are included. Never throws but for an abort. */
export async function fetchLogs(deps: LogDeps, range: BlockRange, waiting: RpcWaiting = {}): Promise<LogsOutcome> {
  const { fromBlock, toBlock } = range;
  try {
    const headers = await fetchHeaders(deps, range, waiting);
    const events = await fetchEvents(deps, range, waiting);
    const [first] = headers;
    const last = headers.at(-1);
    const [again] = await fetchHeaders(deps, { fromBlock: toBlock, toBlock }, waiting);
    // The branch changed between the requests: what was read is a mixture.
    if (first === undefined || last === undefined || again?.hash !== last.hash) return unavailable(range, false);
    const blocks = headers.slice(-deps.ringMax).map(({ number, hash }) => ({ number, hash }));
    const chained = blocks.length > 0 && blocks.at(-1)?.number === toBlock;
    if (!chained) return unavailable(range, false);
    return { type: "logsFetched", fromBlock, toBlock, parentHash: first.parentHash, blocks, events };
  } catch (error) {
    waiting.signal?.throwIfAborted();
    if (error instanceof RpcError) return unavailable(range, error.code === "rejected" || error.code === "timeout");
    throw error;
  }
}

function unavailable(range: BlockRange, refused: boolean): LogsOutcome {
  const { fromBlock, toBlock } = range;
  // A single block can't be made smaller, so its refusal is a reason to wait.
  return { type: "logsUnavailable", fromBlock, toBlock, tooMany: refused && toBlock > fromBlock };
}

// The first header, for its parent, and the last ones, for the ring.
async function fetchHeaders(
  { rpc, ringMax }: LogDeps,
  { fromBlock, toBlock }: BlockRange,
  waiting: RpcWaiting,
): Promise<readonly BlockHeader[]> {
  const start = Math.max(fromBlock, toBlock - ringMax + 1);
  const numbers = Array.from({ length: toBlock - start + 1 }, (_, i) => start + i);
  if (start > fromBlock) numbers.unshift(fromBlock);
  const calls = numbers.map((number) => ({ method: "eth_getBlockByNumber", params: [toQuantity(number), false] }));
  const answers = await rpc.batch(calls, waiting);
  // A block that has just been taken back is null for a moment.
  if (answers.includes(null)) throw new RpcError("unreachable", "a block of the range is not there");
  return answers.map(headerIn);
}

async function fetchEvents(
  { rpc, contracts, wanted }: LogDeps,
  { fromBlock, toBlock }: BlockRange,
  waiting: RpcWaiting,
): Promise<readonly ChainEvent[]> {
  const address = [contracts.escrow.address, contracts.registry.address, contracts.court.address];
  const filter = { fromBlock: toQuantity(fromBlock), toBlock: toQuantity(toBlock), address };
  const answer = await rpc.request("eth_getLogs", [filter], waiting);
  if (!Array.isArray(answer)) throw new RpcError("malformed", "the node's logs are no list");
  const events: ChainEvent[] = [];
  for (const log of answer) {
    const event = chainEvent(contracts, logIn(log));
    if (event !== null && wanted(event)) events.push(event);
  }
  return events.sort((a, b) => a.blockNumber - b.blockNumber || a.logIndex - b.logIndex);
}

/** A block number as the node wants it. */
function toQuantity(number: number): string {
  return `0x${number.toString(16)}`;
}
