// Whether others can reach this machine: a coordinator among the hubs is asked to dial back.
import { createServer, type Server } from "node:net";
import { askDialBack, type Network, openNetwork, systemEntropy } from "@starling/node-kit";
import type { NetworkFile } from "@starling/protocol";
import type { WorkerSettings } from "../../config.ts";
import { type Finding, ok, warning, wordsOf } from "./finding.ts";
import { tcpPlaceOf } from "./network-checks.ts";

const ASK_LIMIT_MS = 10_000;
const CHECK = "reachability";

type Reaching = Pick<WorkerSettings, "listen" | "announce" | "bootstrap" | "profile">;

/** Never a failure: a worker dials its coordinators itself, and only other workers and jurors' questions have to reach it. */
export async function checkReachable(
  settings: Reaching,
  file: NetworkFile,
  { network, signal }: { readonly network?: Network; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const own = network?.addresses() ?? settings.listen;
  const place = [...(settings.announce ?? []), ...own].map(tcpPlaceOf).find((one) => one !== null);
  const bootstrap = settings.bootstrap ?? file.bootstrap;
  if (place === undefined || bootstrap.length === 0) return [];
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ASK_LIMIT_MS)]);
  const question = { bootstrap, place, signal: limited };
  try {
    if (network !== undefined) return [await asked(network, question)];
    return [await withNode(settings, file, (node) => asked(node, question))];
  } catch (error) {
    return [warning(CHECK, `no hub dials back: ${wordsOf(error)}`, "see the bootstrap lines; other hubs may do it")];
  }
}

interface Question {
  readonly bootstrap: readonly string[];
  readonly place: { readonly host: string; readonly port: number };
  readonly signal: AbortSignal;
}

async function asked(node: Network, { bootstrap, place, signal }: Question): Promise<Finding> {
  // Where the worker runs already it answers itself.
  const server = await listening(place);
  const address = server?.address();
  const port = typeof address === "object" && address !== null ? address.port : place.port;
  try {
    const { peerId, answer } = await firstAnswer(node, { bootstrap, port, signal });
    if (answer === "yes") return ok(CHECK, `port ${port} was dialled back by ${peerId}`);
    if (answer === "busy") return ok(CHECK, "the hub has no time to dial back now");
    const fix =
      "open that port in the firewall or forward it, and give --announce with the address outside; work comes without it too";
    return warning(CHECK, `a hub can't reach port ${port} of this machine`, fix);
  } finally {
    server?.close();
  }
}

// A hub of a network need not be a coordinator, and any of them may be away.
async function firstAnswer(
  node: Network,
  { bootstrap, port, signal }: Pick<Question, "bootstrap" | "signal"> & { readonly port: number },
): Promise<{ readonly peerId: string; readonly answer: Awaited<ReturnType<typeof askDialBack>> }> {
  let last: unknown;
  for (const address of bootstrap) {
    try {
      const { peerId } = await node.connect({ addresses: [address] }, { signal });
      return { peerId, answer: await askDialBack(node, { peerId, port }, { signal }) };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

// A key for this question alone: the worker itself may be at work under its own.
async function withNode<T>(
  { profile }: Reaching,
  { networkId }: NetworkFile,
  use: (node: Network) => Promise<T>,
): Promise<T> {
  const node = await openNetwork({
    networkId,
    privateKey: systemEntropy.bytes(32),
    listen: [],
    bootstrap: [],
    role: "client",
    profile,
    topics: [],
    dht: false,
    gossip: false,
  });
  try {
    return await use(node);
  } finally {
    await node.close();
  }
}

function listening({ host, port }: Question["place"]): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(null));
    server.listen({ host, port }, () => resolve(server));
  });
}
