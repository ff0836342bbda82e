// What has to be there before any daemon starts: chain, contracts, registrations, key files and the network file.
import { writeFileSync } from "node:fs";
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
import { type NetworkFile, toHex } from "@starling/protocol";
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
import { daemonPlaces, hubIp, type Places } from "./places.ts";
import { freePort } from "./ports.ts";

/** The ground that daemons stand on. */
export interface Ground {
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
  readonly onStep: (step: string) => void;
  /** Called as soon as the chain runs, so that whoever gives up can stop it. */
  readonly onChain: (anvil: Anvil) => void;
}

/** One block: nobody takes blocks back on a devnet. */
const confirmations = 1;

/** Prepares it. The chain starts while the daemons are bundled and keys are made. */
export async function prepareGround(places: Places, options: GroundOptions, signal: AbortSignal): Promise<Ground> {
  const starting = startAnvil({ signal });
  starting.then(options.onChain, () => undefined);
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
  options.onStep("chain runs; deploying contracts, staking and registering workers");
  const chain = await deployAll(anvil, { accounts, registrations: registrationsOf(members) }, signal);
  const hub = { address: `/ip4/${hubIp}/tcp/${hubPort}/p2p/${hubPeer.peerId}`, listen: `/ip4/${hubIp}/tcp/${hubPort}` };
  const coordinatorAddress = `/ip4/127.0.0.1/tcp/${peerPort}/p2p/${coordinatorPeer.peerId}`;
  const { token, stakeRegistry, jobEscrow, court } = chain.contracts;
  const network: NetworkFile = {
    name: networkId,
    networkId,
    chainId: chain.chainId,
    rpcUrl: anvil.wsUrl,
    contracts: { token, stakeRegistry, jobEscrow, court },
    coordinators: [{ address: accounts.coordinator.address, peerId: coordinatorPeer.peerId }],
    bootstrap: [options.separateBootstrap ? hub.address : coordinatorAddress],
    confirmations,
  };
  writeFileSync(places.networkFile, `${JSON.stringify(network, null, 2)}\n`);
  await writePayerKey(places);
  const coordinatorKey = { accountIndex: devnetPlace("coordinator"), peerSeed: coordinatorPeer.peerSeed };
  await writeKeys(daemonPlaces(places, "coordinator"), coordinatorKey);
  for (const member of members) await writeMemberFiles(places, member, chain);
  if (options.separateBootstrap)
    await writeKeys(daemonPlaces(places, "hub"), { ...coordinatorKey, peerSeed: hubPeer.peerSeed });
  return {
    anvil,
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
