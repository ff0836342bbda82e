// A coordinator that dies while it pays: how long until everybody has his money, and its books are those of the chain.
import { setTimeout as delay } from "node:timers/promises";
import { ChainQueries, RpcClient } from "@starling/node-kit";
import type { Address, EscrowId } from "@starling/protocol";
import type { GetLedgerResponse } from "@starling/protocol/rpc";
import { type StarlingClient, StarlingError } from "@starling/sdk";
import { closeEscrow } from "../../../scripts/demo/settlement.ts";
import type { BenchContext, Figure } from "../figure.ts";
import { withNetwork } from "../support/network.ts";
import { percentile, seconds, timed, whole } from "../support/statistics.ts";

const workers = 5;
const tasks = 200;
/** Escrows that are closed before the first kill: a start has their history behind it. */
const closedBefore = 4;
const kills = 5;
/** Between two looks at the books. */
const lookMs = 10;

/** Kills it as each of a few jobs ends, which is when the payments begin. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  const { signal, say } = context;
  return await withNetwork(context, { workers }, async ({ devnet, client, noopJob, run }) => {
    const rpc = new RpcClient(devnet.ground.anvil.httpUrl);
    const chain = new ChainQueries(rpc, devnet.ground.chain);
    const escrowOf = async (jobId: string): Promise<string> =>
      (await client.jobs.getJob({ jobId }, { signal })).job?.escrowId ?? "";
    const samples: number[] = [];
    let paid = 0n;
    try {
      for (let i = 0; i < closedBefore; i += 1)
        await closeEscrow(client, await escrowOf((await run(await noopJob(tasks))).jobId), { signal });
      say(`${closedBefore} escrows are closed`);
      for (let i = 0; i < kills; i += 1) {
        const escrowId = await escrowOf((await run(await noopJob(tasks))).jobId);
        process.kill(devnet.daemon("coordinator").pid, "SIGKILL");
        await devnet.daemon("coordinator").exited;
        const { ms, result } = await timed(async () => {
          devnet.restart("coordinator");
          await devnet.serving({ signal });
          return await reconciled(client, escrowId, signal);
        });
        await compare(chain, result);
        samples.push(ms);
        paid = BigInt(result.paid);
        say(`kill ${i + 1} of ${kills}: reconciled after ${Math.round(ms)} ms`);
      }
    } finally {
      rpc.close();
    }
    return [figureOf(samples, paid)];
  });
}

function figureOf(samples: readonly number[], paid: bigint): Figure {
  const p50Ms = percentile(samples, 50);
  const maxMs = Math.max(...samples);
  return {
    name: "restart to reconciled",
    ours: `${seconds(p50Ms)} (${seconds(maxMs)} at most)`,
    how: `kill -9 as a job of ${whole(tasks)} tasks ends, ${kills} times, with ${closedBefore} closed escrows behind it; from the start of the process until everything owed is paid and every transaction is final, in blocks of a second (median); the books were then those of the contract at the same block, account by account`,
    values: { reconciledMsP50: p50Ms, reconciledMsMax: maxMs, paid: Number(paid) },
    beside: { goal: "-", peer: "-" },
  };
}

async function reconciled(client: StarlingClient, escrowId: string, signal: AbortSignal): Promise<GetLedgerResponse> {
  for (;;) {
    try {
      const books = await client.ledger.getLedger({ of: { $case: "escrowId", value: escrowId } }, { signal });
      const isOver = books.transactions.every(({ state }) => state === "final" || state === "failed");
      if (books.balanced && books.owed === "0" && isOver) return books;
    } catch (error) {
      // The client backs off for a while after the coordinator was away.
      if (!(error instanceof StarlingError && error.retryHelps)) throw error;
    }
    await delay(lookMs, undefined, { signal });
  }
}

// By the contract itself: that the coordinator finds its own books balanced shows nothing.
async function compare(chain: ChainQueries, books: GetLedgerResponse): Promise<void> {
  const at = { block: Number(books.blockNumber) };
  const escrowId = books.escrowId as EscrowId;
  const { claimed } = await chain.escrow(escrowId, at);
  if (claimed !== BigInt(books.paid)) throw new Error(`the books say ${books.paid} paid, the contract ${claimed}`);
  for (const { worker, paid } of books.workers) {
    const account = await chain.account(escrowId, worker as Address, at);
    if (account.claimed !== BigInt(paid))
      throw new Error(`the books say ${paid} paid to ${worker}, the contract ${account.claimed}`);
  }
}
