// Starts a network node in a worker thread.
import { Worker } from "node:worker_threads";
import type { ThreadData } from "./messages.ts";
import type { Network, NetworkOptions } from "./network.ts";
import { threadEntry } from "./thread-entry.ts";
import { ThreadNetwork } from "./thread-network.ts";

/** Starts a node; resolves when it listens, and rejects with NetworkClosed when it can't. Dials go on in the background. */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
  for (const [option, addresses] of [
    ["--listen", options.listen] as const,
    ["--announce", options.announce ?? []] as const,
  ]) {
    const wrong = addresses.find((address) => !address.startsWith("/"));
    if (wrong !== undefined)
      throw new Error(`${option}: "${wrong}" is no multiaddress, which is written as in /ip4/127.0.0.1/tcp/4001`);
  }
  const data: ThreadData = { options };
  const worker = new Worker(threadEntry(options.threadEntry, process.env), {
    name: "network",
    workerData: data,
  });
  const network = new ThreadNetwork(worker);
  await network.started();
  return network;
}
