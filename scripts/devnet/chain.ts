// The devnet's chain: a local node with our contracts, money, stakes and registrations, and a block every second.
import {
  type Anvil,
  type ChainNetwork,
  type DevnetAccounts,
  type DevnetRegistration,
  deployDevnet,
  devnetChainId,
  mineEvery,
  RpcClient,
  setUpDevnet,
} from "@starling/node-kit";

/** Seconds between blocks. */
const blockSeconds = 1;
/** A thousand ether for the gas of the contracts: the deployer is nobody whom the chain knows from the start. */
const deployerWei = `0x${(1_000n * 10n ** 18n).toString(16)}`;

/** Puts everything on a fresh chain that has to be there before the daemons start. */
export async function deployAll(
  anvil: Anvil,
  setup: { readonly accounts: DevnetAccounts; readonly registrations: readonly DevnetRegistration[] },
  signal: AbortSignal,
): Promise<ChainNetwork> {
  const rpc = new RpcClient(anvil.httpUrl);
  try {
    const { accounts } = setup;
    await rpc.request("anvil_setBalance", [accounts.deployer.address, deployerWei]);
    const network = await deployDevnet({ rpc, chainId: devnetChainId, wallet: accounts.deployer }, undefined, {
      signal,
    });
    await setUpDevnet({ rpc, network }, { ...setup, seats: true }, { signal });
    await mineEvery(rpc, blockSeconds);
    return network;
  } finally {
    rpc.close();
  }
}
