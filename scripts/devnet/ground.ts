// What has to be there before any daemon starts: chain, contracts, registrations, key files and the network file.
import {
  type Anvil,
  type ChainNetwork,
  type DevnetAccounts,
  devnetAccounts,
  devnetPlace,
  startAnvil,
  systemEntropy,
  walletOf,
} from "@starling/node-kit";
import { type NetworkFile, signingDomainOf, toHex } from "@starling/protocol";
import { bundleDaemons, type DaemonPrograms, sourcePrograms } from "../bundle.ts";
import { deployAll } from "./chain.ts";
import {
  type Member,
  membersOf,
  newPeer,
  registrationsOf,
  writeKeys,
  writeMemberFiles,
  writePayerKey,
} from "./members.ts";
import { fleetText, type NetworkNames, networkOn, textOf, writeNetwork } from "./network.ts";
import { daemonPlaces, hubIp, type Places } from "./places.ts";
import { freePort } from "./ports.ts";

/** The ground that daemons stand on. */
export interface Ground {
  /** Throws in a network without a chain. */
  readonly anvil: Anvil;
  readonly programs: DaemonPrograms;
  readonly accounts: DevnetAccounts;
  readonly members: readonly Member[];
  readonly chain: ChainNetwork;
  readonly network: NetworkFile;
  readonly peerPort: number;
  readonly apiPort: number;
  /** Where workers start from when that is not the coordinator. */
  readonly hub: { readonly address: string; readonly listen: string } | null;
}

/** What is wanted of it. */
export interface GroundOptions {
  readonly workers: number;
  readonly referee: boolean;
  readonly separateBootstrap: boolean;
  readonly noChain: boolean;
  readonly onStep: (step: string) => void;
  /** Called as soon as the chain runs, so that whoever gives up can stop it. */
  readonly onChain: (anvil: Anvil) => void;
}

// Where there are no contracts, accounts that stand for none.
function noChainOf({ chainId, contracts }: NetworkFile): ChainNetwork {
  return { chainId, contracts: { ...contracts, accessManager: contracts.court }, startBlock: 0 };
}

/** Prepares it. The chain starts while the daemons are bundled and keys are made. */
export async function prepareGround(places: Places, options: GroundOptions, signal: AbortSignal): Promise<Ground> {
  const starting = options.noChain ? Promise.resolve(null) : startAnvil({ signal });
  starting.then(
    (anvil) => {
      if (anvil !== null) options.onChain(anvil);
    },
    () => undefined,
  );
  const [anvil, programs, peerPort, apiPort, hubPort] = await Promise.all([
    starting,
    programsOrSources(options.onStep),
    freePort(),
    freePort(),
    freePort(),
  ]);
  // Contracts of a deployer that nobody had before lie at addresses of their own: no signature of one devnet is good in another.
  const deployer = walletOf(systemEntropy.bytes(32));
  const accounts = { ...devnetAccounts(options.workers), deployer };
  const networkId = `devnet-${toHex(systemEntropy.bytes(4)).slice(2)}`;
  const members = membersOf(accounts, options.referee);
  const coordinatorPeer = newPeer();
  const hubPeer = newPeer();
  const hub = { address: `/ip4/${hubIp}/tcp/${hubPort}/p2p/${hubPeer.peerId}`, listen: `/ip4/${hubIp}/tcp/${hubPort}` };
  const coordinatorAddress = `/ip4/127.0.0.1/tcp/${peerPort}/p2p/${coordinatorPeer.peerId}`;
  const names: NetworkNames = {
    networkId,
    coordinators: [{ address: accounts.coordinator.address, peerId: coordinatorPeer.peerId }],
    bootstrap: [options.separateBootstrap ? hub.address : coordinatorAddress],
  };
  const onChain = async (anvil: Anvil): Promise<{ readonly text: string; readonly chain: ChainNetwork }> => {
    options.onStep("chain runs; deploying contracts, staking and registering workers");
    const chain = await deployAll(anvil, { accounts, registrations: registrationsOf(members) }, signal);
    return { text: textOf(networkOn(anvil, chain, names)), chain };
  };
  const deployed = anvil === null ? null : await onChain(anvil);
  const network = writeNetwork(places.networkFile, deployed?.text ?? fleetText(members, names));
  const chain = deployed?.chain ?? noChainOf(network);
  await writePayerKey(places);
  const coordinatorKey = { accountIndex: devnetPlace("coordinator"), peerSeed: coordinatorPeer.peerSeed };
  await writeKeys(daemonPlaces(places, "coordinator"), coordinatorKey);
  for (const member of members) await writeMemberFiles(places, member, signingDomainOf(network));
  if (options.separateBootstrap)
    await writeKeys(daemonPlaces(places, "hub"), { ...coordinatorKey, peerSeed: hubPeer.peerSeed });
  return {
    get anvil() {
      if (anvil === null) throw new Error("this devnet has no chain");
      return anvil;
    },
    programs,
    accounts,
    members,
    chain,
    network,
    peerPort,
    apiPort,
    hub: options.separateBootstrap ? hub : null,
  };
}

// A bundle that cannot be built is no reason to have no devnet: the sources run too, only slower.
async function programsOrSources(onStep: (step: string) => void): Promise<DaemonPrograms> {
  try {
    return await bundleDaemons();
  } catch (error) {
    onStep(
      `the daemons could not be bundled (${error instanceof Error ? error.message : String(error)}); running the sources`,
    );
    return sourcePrograms;
  }
}
