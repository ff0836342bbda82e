// The permit by which the court collects a challenger's bond: signed when the opening is prepared, so that no allowance stands around.
import type { TokenPermit } from "@starling/protocol";
import { headerIn } from "./answers.ts";
import type { RpcWaiting } from "./client.ts";
import { readContract } from "./read-contract.ts";
import type { TransactionDeps } from "./transactions.ts";
import { signPermit } from "./wallet.ts";

/** A stuck transaction is replaced within minutes; an hour bears with slow chains. */
const validSeconds = 3_600;

/** A permit of the opening bond by the sending key; throws `RpcError`. */
export async function bondPermit(deps: TransactionDeps, waiting: RpcWaiting): Promise<TokenPermit> {
  const { rpc, wallet, chainId } = deps;
  const { court, token } = deps.contracts;
  const owner = wallet.address;
  const [value, nonce, [, name, version], block] = await Promise.all([
    readContract(rpc, { contract: court, name: "openingBond", args: [] }, waiting),
    // An opening that waits in the pool has used the nonce before.
    readContract(rpc, { contract: token, name: "nonces", args: [owner] }, { ...waiting, block: "pending" }),
    readContract(rpc, { contract: token, name: "eip712Domain", args: [] }, waiting),
    rpc.request("eth_getBlockByNumber", ["latest", false], waiting),
  ]);
  const deadline = headerIn(block).timestampSeconds + validSeconds;
  const domain = { name, version, chainId, token: token.address };
  return signPermit(wallet, domain, { owner, spender: court.address, value, nonce, deadline });
}
