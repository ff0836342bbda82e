// The money as the chain has it: balances before and after, gas of every transaction, and the anchored roots.
import { setTimeout as delay } from "node:timers/promises";
import { ChainQueries, RpcClient } from "@starling/node-kit";
import type { Address, EscrowId, Hash, Receipt } from "@starling/protocol";
import type { GetLedgerResponse } from "@starling/protocol/rpc";
import type { StarlingClient } from "@starling/sdk";
import type { Devnet } from "../devnet/devnet.ts";
import type { Settlement } from "./report.ts";

/** Pause between two looks at the books while an escrow closes: block time has to pass, which nothing here can hasten. */
const askEveryMs = 200;
const closeMsMax = 60_000;

interface Waiting {
  readonly signal: AbortSignal;
}

/** Asks for the escrow's end and waits until the chain has it; resolves with its last books. */
export async function closeEscrow(
  client: StarlingClient,
  escrowId: string,
  { signal }: Waiting,
): Promise<GetLedgerResponse> {
  const late = AbortSignal.timeout(closeMsMax);
  await client.ledger.closeEscrow({ escrowId }, { signal });
  for (;;) {
    const books = await client.ledger.getLedger({ of: { $case: "escrowId", value: escrowId } }, { signal });
    if (books.state === "closed" && books.transactions.every(({ state }) => state === "final" || state === "failed"))
      return books;
    if (late.aborted) throw new Error(`the escrow is still ${books.state} after ${closeMsMax / 1_000} s`);
    await delay(askEveryMs, undefined, { signal });
  }
}

/** Reads the chain directly, so that nothing has to be believed. */
export class DemoChain {
  readonly #devnet: Devnet;
  readonly #rpc: RpcClient;
  readonly #queries: ChainQueries;

  constructor(devnet: Devnet) {
    this.#devnet = devnet;
    this.#rpc = new RpcClient(devnet.ground.anvil.httpUrl);
    this.#queries = new ChainQueries(this.#rpc, devnet.ground.chain);
  }

  close(): void {
    this.#rpc.close();
  }

  /** Tokens of an account. */
  tokens(account: Address, waiting: Waiting): Promise<bigint> {
    return this.#queries.tokenBalance(account, waiting);
  }

  /** Tokens of payer and escrow contract. */
  async balances(waiting: Waiting): Promise<{ readonly payer: bigint; readonly escrow: bigint }> {
    const { accounts, chain } = this.#devnet.ground;
    const [payer, escrow] = await Promise.all([
      this.tokens(accounts.payer.address, waiting),
      this.tokens(chain.contracts.jobEscrow, waiting),
    ]);
    return { payer, escrow };
  }

  /** Compares the books with the chain. */
  async settlement(
    books: GetLedgerResponse,
    before: { readonly payer: bigint; readonly escrow: bigint },
    waiting: Waiting,
  ): Promise<Settlement> {
    const after = await this.balances(waiting);
    const deposited = BigInt(books.deposited);
    const paid = BigInt(books.paid);
    const refunded = deposited - (before.payer - after.payer);
    const hashes = books.transactions.filter(({ state }) => state === "final").map(({ hash }) => hash);
    const gas = await this.#gasOf(hashes, waiting);
    const isEven =
      refunded === deposited - paid && refunded === BigInt(books.refunded) && after.escrow === before.escrow;
    const balanced = books.balanced && isEven && gas === BigInt(books.gasUsed);
    return { escrowId: books.escrowId, deposited, paid, refunded, gas, transactions: hashes.length, balanced };
  }

  /** The roots that stand on chain for the batches that a receipt names. */
  async rootsOf({ escrowId, batches }: Receipt, waiting: Waiting): Promise<readonly Hash[]> {
    return await Promise.all(
      batches.map(({ batch }) => this.#queries.resultRoot(escrowId as EscrowId, batch, waiting)),
    );
  }

  async #gasOf(hashes: readonly string[], waiting: Waiting): Promise<bigint> {
    const calls = hashes.map((hash) => ({ method: "eth_getTransactionReceipt", params: [hash] }));
    const receipts = (await this.#rpc.batch(calls, waiting)) as { readonly gasUsed: string }[];
    return receipts.reduce((sum, { gasUsed }) => sum + BigInt(gasUsed), 0n);
  }
}
