// Waits until the coordinator has a worker admitted and connected, or has noticed that it is gone.
import { setTimeout as delay } from "node:timers/promises";
import type { Address } from "@starling/protocol";
import type { StarlingClient } from "@starling/sdk";

/** Short against what is measured. */
const askEveryMs = 10;

/** Resolves when the worker's state is the wanted one. */
export async function watchAdmission(
  client: StarlingClient,
  worker: Address,
  { wanted, signal }: { readonly wanted: boolean; readonly signal: AbortSignal },
): Promise<void> {
  for (;;) {
    const { nodes } = await client.nodes.listNodes({ pageSize: 1_000, pageToken: "", states: [] }, { signal });
    const node = nodes.find((one) => one.worker === worker);
    if ((node?.connected === true && node.state === "admitted") === wanted) return;
    await delay(askEveryMs, undefined, { signal });
  }
}
