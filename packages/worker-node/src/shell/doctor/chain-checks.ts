// Checks of the chain: reachable, the right one, its clock, and this worker's registration.
import { type ChainQueries, type RpcClient, systemClock } from "@starling/node-kit";
import { anyPledge, formatAmount, hasChain, type NetworkFile, peerIdHash, signingDomainOf } from "@starling/protocol";
import type { WorkerSettings } from "../../config.ts";
import { type Registration, readRegistration, registrationPath, type WorkerKeys, workerKeys } from "../identity.ts";
import { chainOf } from "../network-parts.ts";
import { type Finding, failure, ok, warning, wordsOf } from "./finding.ts";

const QUERY_LIMIT_MS = 10_000;
/** A block can't come from the future: more than this is our clock's fault. */
const AHEAD_MS_MAX = 15_000;
const SILENT_MS_MAX = 60 * 60_000;

/** Everything about the chain; later checks are left out when an earlier one makes them meaningless. */
export async function checkChain(settings: WorkerSettings, file: NetworkFile): Promise<readonly Finding[]> {
  if (!hasChain(file))
    return [
      ok("chain", "this network has none: its owner's word stands for pay"),
      ...identityOf(settings, file).findings,
    ];
  const { rpc, queries } = chainOf(file, settings.rpcUrl);
  const signal = AbortSignal.timeout(QUERY_LIMIT_MS);
  try {
    const chain = await checkNode(rpc, file, signal);
    const identity = identityOf(settings, file);
    if (chain.some(({ status }) => status === "failure") || identity.registered === null)
      return [...chain, ...identity.findings];
    const registered = await checkRegistered(queries, { ...identity.registered, signal });
    return [...chain, ...identity.findings, ...registered];
  } finally {
    rpc.close();
  }
}

async function checkNode(rpc: RpcClient, file: NetworkFile, signal: AbortSignal): Promise<readonly Finding[]> {
  try {
    const [chainId, block] = await rpc.batch(
      [
        { method: "eth_chainId", params: [] },
        { method: "eth_getBlockByNumber", params: ["latest", false] },
      ],
      { signal },
    );
    if (Number(chainId) !== file.chainId)
      return [
        failure(
          "chain",
          `the node serves chain ${Number(chainId)}, the network is on ${file.chainId}`,
          "give the right --rpc-url",
        ),
      ];
    const { number, timestamp } = block as { readonly number: string; readonly timestamp: string };
    return [ok("chain", `chain ${file.chainId} at block ${Number(number)}`), clockFinding(Number(timestamp) * 1_000)];
  } catch (error) {
    return [failure("chain", `no answer from the node: ${wordsOf(error)}`, "check --rpc-url and the network")];
  }
}

function clockFinding(blockMs: number): Finding {
  const aheadMs = blockMs - systemClock.wallMs();
  if (aheadMs > AHEAD_MS_MAX)
    return failure(
      "clock",
      `the newest block is ${Math.round(aheadMs / 1_000)} s ahead of this machine`,
      "set the clock, for example with NTP",
    );
  if (aheadMs < -SILENT_MS_MAX)
    return warning(
      "clock",
      `the newest block is ${Math.round(-aheadMs / 60_000)} min old`,
      "nothing on a devnet without work; elsewhere check the node",
    );
  return ok("clock", "agrees with the chain");
}

interface Identity {
  readonly findings: readonly Finding[];
  readonly registered: { readonly keys: WorkerKeys; readonly registration: Registration } | null;
}

function identityOf(settings: WorkerSettings, file: NetworkFile): Identity {
  let keys: WorkerKeys;
  try {
    keys = workerKeys(settings);
  } catch (error) {
    return { findings: [failure("keys", wordsOf(error), "mend the file, or name another one")], registered: null };
  }
  const mine = ok("keys", `worker ${keys.wallet.address}, peer ${keys.peerId}`);
  try {
    const registration = readRegistration(registrationPath(settings), keys, signingDomainOf(file));
    return { findings: [mine], registered: { keys, registration } };
  } catch (error) {
    const fix = "let the operator register this worker, and store what he signed";
    return { findings: [mine, failure("registration", wordsOf(error), fix)], registered: null };
  }
}

function pledgeFinding(allowance: bigint): Finding {
  if (allowance === 0n)
    return warning(
      "pledge",
      "this worker may pledge nothing of it",
      "let the operator set its pledge allowance once: without a pledge it gets checked work only",
    );
  const much = allowance === anyPledge ? "any part of it" : formatAmount(allowance);
  return ok("pledge", `this worker may pledge ${much}`);
}

async function checkRegistered(
  queries: ChainQueries,
  {
    keys,
    registration,
    signal,
  }: { readonly keys: WorkerKeys; readonly registration: Registration; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  try {
    const node = await queries.node(keys.wallet.address, { signal });
    const fix = "let the operator register this worker on chain";
    if (node === null) return [failure("registration", "the registry does not know this worker", fix)];
    if (node.operator !== registration.operator)
      return [failure("registration", `the registry names the operator ${node.operator}`, fix)];
    if (node.peerIdHash !== peerIdHash(keys.peerId))
      return [
        failure("registration", "the registry has another peer id", "use the registered peer key, or register again"),
      ];
    const { stake } = await queries.stake(node.operator, { signal });
    const staked =
      stake > 0n
        ? ok("stake", `${formatAmount(stake)} of operator ${node.operator}`)
        : failure(
            "stake",
            `operator ${node.operator} has none`,
            "let him stake: nobody leases to a worker without stake",
          );
    return [ok("registration", `worker of ${node.operator}`), staked, pledgeFinding(node.pledgeAllowance)];
  } catch (error) {
    return [failure("registration", wordsOf(error), "check the chain's node and the contracts in the network file")];
  }
}
