// Waits until a devnet is whole: the API answers, and every worker is admitted and connected.
import { existsSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Node } from "@starling/protocol/rpc";
import { connect, type StarlingClient, StarlingError } from "@starling/sdk";

/** Pause between two questions. Only the start of a devnet waits like this, never a task. */
const askEveryMs = 50;
/** The coordinator writes it when it serves, and removes it when it stops in order. */
export const apiFile = "api.json";

/** Resolves when the coordinator has written that its API serves. Its folder must exist. */
export async function apiServes(dataDir: string, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    signal.throwIfAborted();
    const look = (): void => {
      if (existsSync(join(dataDir, apiFile))) finish(resolve);
    };
    const watcher = watch(dataDir, look);
    const aborted = (): void => finish(() => reject(signal.reason));
    const finish = (then: () => void): void => {
      watcher.close();
      signal.removeEventListener("abort", aborted);
      then();
    };
    signal.addEventListener("abort", aborted);
    look();
  });
}

/** A client of a coordinator on this machine. */
export function clientOf({ api, tokenFile }: { readonly api: string; readonly tokenFile: string }): StarlingClient {
  return connect({ address: api, token: readFileSync(tokenFile, "utf8").trim(), rootCertificates: null });
}

/** Resolves when all of these workers are admitted and connected. */
export async function workersAdmitted(
  client: StarlingClient,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await workersAre(client, { wanted, which: ({ state, connected }) => state === "admitted" && connected }, signal);
}

/** Resolves when all of these workers are connected, whatever the coordinator thinks of them. */
export async function workersConnected(
  client: StarlingClient,
  wanted: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await workersAre(client, { wanted, which: ({ connected }) => connected }, signal);
}

async function workersAre(
  client: StarlingClient,
  { wanted, which }: { readonly wanted: readonly string[]; readonly which: (node: Node) => boolean },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const nodes = await nodesOf(client, signal);
    const found = new Set(nodes.filter(which).map(({ worker }) => worker));
    if (wanted.every((worker) => found.has(worker))) return;
    await delay(askEveryMs, undefined, { signal });
  }
}

/** All workers that a coordinator knows; none while it does not answer. */
export async function nodesOf(client: StarlingClient, signal: AbortSignal): Promise<readonly Node[]> {
  try {
    return (await client.nodes.listNodes({ pageSize: 1_000, pageToken: "", states: [] }, { signal, timeoutMs: 5_000 }))
      .nodes;
  } catch (error) {
    if (error instanceof StarlingError && error.retryHelps) return [];
    throw error;
  }
}
