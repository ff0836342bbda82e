// Offers of work on gossip, for the classes that run here.
import type { Network } from "@starling/node-kit";
import { offerTopic, type RuntimeClass, type SignedTaskOffer } from "@starling/protocol";
import type { WorkerEngine } from "./engine.ts";

/** Subscribes and passes offers on to the engine; the network thread has decoded and checked them. */
export function hearOffers(
  network: Network,
  engine: WorkerEngine,
  { networkId, classes }: { readonly networkId: string; readonly classes: readonly RuntimeClass[] },
): void {
  const topics = new Set(classes.map((name) => offerTopic(networkId, name)));
  network.onGossip(({ topic, decoded }) => {
    if (topics.has(topic)) engine.post({ type: "offerHeard", offer: (decoded as SignedTaskOffer).offer });
  });
  for (const topic of topics) network.subscribe(topic);
}
