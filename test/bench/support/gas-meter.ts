// Gas that one account has used on a chain since a block, from the receipts of every transaction.
import type { RpcClient } from "@starling/node-kit";
import type { Address } from "@starling/protocol";

interface ReceiptRow {
  readonly from: string;
  readonly gasUsed: string;
}

/** Counts from its start on. */
export class GasMeter {
  readonly #rpc: RpcClient;
  readonly #account: Address;
  readonly #since: number;

  private constructor(rpc: RpcClient, account: Address, since: number) {
    this.#rpc = rpc;
    this.#account = account;
    this.#since = since;
  }

  static async start(rpc: RpcClient, account: Address): Promise<GasMeter> {
    return new GasMeter(rpc, account, await head(rpc));
  }

  /** What the account has used up to now. */
  async spent(signal: AbortSignal): Promise<{ readonly gas: number; readonly transactions: number }> {
    const last = await head(this.#rpc);
    let [gas, transactions] = [0, 0];
    for (let block = this.#since + 1; block <= last; block += 1) {
      const rows = await this.#rpc.request("eth_getBlockReceipts", [`0x${block.toString(16)}`], { signal });
      for (const row of rows as readonly ReceiptRow[]) {
        if (row.from !== this.#account) continue;
        gas += Number(row.gasUsed);
        transactions += 1;
      }
    }
    return { gas, transactions };
  }
}

async function head(rpc: RpcClient): Promise<number> {
  return Number(await rpc.request("eth_blockNumber", []));
}
