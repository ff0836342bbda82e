// Gossip between two nodes: bounds before publishing, drops when nobody listens, and an end for those who send nonsense.
import { describe, expect, it } from "vitest";
import type { Network, NetworkOptions, NetworkWarning } from "../../src/libp2p/network.ts";
import { codecModule, deadlineMs, event, startNode, topic } from "./setup.ts";

const fast = { topics: [{ name: topic, maxBytes: 1_024, messagesPerSecondMax: 1_000 }] };

/** A publisher whose messages a subscriber gets. */
async function pair(
  publisher: Partial<NetworkOptions>,
  subscriber: Partial<NetworkOptions>,
): Promise<[Network, Network]> {
  const [to, from] = await Promise.all([
    startNode({ gossip: true, codecModule, ...fast, ...subscriber }),
    startNode({ gossip: true, ...fast, ...publisher }),
  ]);
  const seen = event<{ peerId: string }>((listener) => from.onSubscriber(listener));
  to.subscribe(topic);
  await from.connect({ addresses: to.addresses() });
  await seen;
  return [from, to];
}

async function until(network: Network, isDone: (stats: Awaited<ReturnType<Network["stats"]>>) => boolean) {
  const signal = AbortSignal.timeout(deadlineMs);
  let stats = await network.stats();
  while (!isDone(stats)) {
    signal.throwIfAborted();
    stats = await network.stats();
  }
  return stats;
}

describe("gossip", () => {
  it("refuses what is too large, too often or unknown before it is sent", async () => {
    const node = await startNode({ gossip: true });
    await expect(node.publish(topic, new Uint8Array(1_025))).rejects.toMatchObject({ code: "MessageTooLarge" });
    await expect(node.publish("/other", new Uint8Array(1))).rejects.toMatchObject({ code: "TopicUnknown" });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => node.publish(topic, Uint8Array.of(index))),
    );
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBeGreaterThan(5);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "PublishRateExceeded" });
  });

  it("drops messages when the main thread does not keep up", async () => {
    const [from, to] = await pair({}, { gossipInFlightMax: 4 });
    const held: (() => void)[] = [];
    let isKeepingUp = false;
    to.onGossip(() => (isKeepingUp ? undefined : new Promise((consumed) => held.push(consumed))));
    for (let index = 0; index < 30; index += 1) await from.publish(topic, Buffer.from(`message ${index}`));
    const stats = await until(to, ({ gossipReceived, gossipDropped }) => gossipReceived + gossipDropped === 30);
    expect(stats).toMatchObject({ gossipReceived: 4, gossipDropped: 26 });
    isKeepingUp = true;
    for (const consumed of held) consumed();
    // Published until heard: the credit travels to the thread by another way than the message.
    const later: string[] = [];
    to.onGossip(({ data }) => void later.push(Buffer.from(data).toString()));
    const signal = AbortSignal.timeout(deadlineMs);
    for (let round = 0; later.length === 0; round += 1) {
      signal.throwIfAborted();
      await from.publish(topic, Buffer.from(`later ${round}`));
      await to.stats();
    }
    expect(later[0]).toMatch(/^later/);
  });

  it("refuses a peer that goes on sending invalid messages", async () => {
    const [from, to] = await pair({}, {});
    const denied = event<NetworkWarning>((listener) => to.onWarning(listener));
    const left = event<{ connected: boolean }>(
      (listener) => to.onPeer(listener),
      ({ connected }) => !connected,
    );
    for (let index = 0; index < 30; index += 1) await from.publish(topic, Buffer.from(`!${index}`));
    expect(await denied).toMatchObject({ code: "PeerDenied" });
    await left;
    expect(await to.stats()).toMatchObject({ peersDenied: 1, connections: 0, gossipReceived: 0 });
    // The dialler's handshake ends before the other side refuses, so it sees a connection that is closed at once.
    const closed = event<{ connected: boolean }>(
      (listener) => from.onPeer(listener),
      ({ connected }) => !connected,
    );
    await from.connect({ peerId: to.peerId, addresses: to.addresses() }).catch(() => undefined);
    await closed;
    expect(await to.stats()).toMatchObject({ connections: 0 });
  });
});
