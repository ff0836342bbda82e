// A small network forms: one hub, a coordinator and four workers, each from its own loopback address.

import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { GossipMessage, Network, NetworkWarning, ProviderPeer } from "../../src/libp2p/network.ts";
import { accepting, codecModule, deadline, event, protocol, startNode, topic, within } from "./setup.ts";

const shared = {
  dht: true,
  gossip: true,
  codecModule,
  topics: [{ name: topic, maxBytes: 1_024, messagesPerSecondMax: 1_000 }],
} as const;
const folder = await mkdtemp(join(tmpdir(), "starling-network-"));

afterAll(() => rm(folder, { recursive: true }));

function connected(network: Network, peerId: string): Promise<unknown> {
  return event<{ peerId: string; connected: boolean }>(
    (listener) => network.onPeer(listener),
    (change) => change.connected && change.peerId === peerId,
  );
}

function heard(network: Network, text: string): Promise<GossipMessage> {
  return event<GossipMessage>(
    (listener) => network.onGossip((message) => listener(message)),
    (message) => Buffer.from(message.data).toString() === text,
  );
}

/** Publishes again and again until everybody has heard something: before the mesh stands, gossip promises nothing. */
async function meshed(from: Network, others: readonly Network[]): Promise<void> {
  const listening = new Set(others);
  for (const network of others) network.onGossip(() => void listening.delete(network));
  const signal = deadline();
  for (let round = 0; listening.size > 0; round += 1) {
    signal.throwIfAborted();
    // Each round ends with a call that travels to every thread and back, so that rounds don't outrun the network.
    await from.publish(topic, Buffer.from(`round ${round}`)).catch(() => undefined);
    await Promise.all(others.map((network) => network.stats()));
  }
}

/** Asks again and again until a provider of the test key is known. */
async function provider(network: Network, peerId: string): Promise<void> {
  const signal = deadline();
  let found: readonly ProviderPeer[] = [];
  while (!found.some((peer) => peer.peerId === peerId)) {
    found = await network.findProviders("role/test", { signal, limit: 1, waitMs: 1_000 });
  }
}

it("says which option holds an address that is none", async () => {
  await expect(startNode({ listen: ["127.0.0.1:4001"] })).rejects.toThrow(/--listen: "127.0.0.1:4001".*\/ip4\//);
  await expect(startNode({ announce: ["example.org"] })).rejects.toThrow(/--announce: "example.org"/);
});

describe("a network of six", () => {
  it("forms: gossip reaches all, providers and records are found, addresses are told apart", async () => {
    const hub = await startNode({ ...shared, role: "hub" });
    const member = (index: number) =>
      startNode({
        ...shared,
        bootstrap: hub.addresses(),
        listen: [`/ip4/127.0.${index}.1/tcp/0`],
        dialFrom: `127.0.${index}.1`,
      });
    const members = await Promise.all([1, 2, 3, 4, 5].map(member));
    const [coordinator, ...workers] = members;
    if (coordinator === undefined) throw new Error("no coordinator");
    const everybody = [hub, ...members];

    for (const network of everybody) network.subscribe(topic);
    await meshed(coordinator, [hub, ...workers]);
    const reached = [hub, ...workers].map((network) => heard(network, "work for all"));
    const { recipients } = await coordinator.publish(topic, Buffer.from("work for all"));
    expect(recipients).toBeGreaterThan(0);
    for (const message of await Promise.all(reached)) {
      expect(message).toMatchObject({ topic, from: coordinator.peerId, decoded: { text: "work for all" } });
    }

    const signal = deadline();
    const provided = await coordinator.provide("role/coordinator", { signal });
    expect(provided.stored).toBeGreaterThan(0);
    for (const worker of workers) {
      const found = await worker.findProviders("role/coordinator", { signal, limit: 5 });
      expect(found.map((peer) => peer.peerId)).toEqual([coordinator.peerId]);
      expect(found[0]?.addresses.join()).toContain("/ip4/127.0.1.1/tcp/");
    }

    const [worker] = workers;
    if (worker === undefined) throw new Error("no worker");
    const key = `/starling-worker/${worker.peerId}`;
    for (const sequence of [2, 1]) {
      const put = await worker.putRecord(key, Buffer.from(`${worker.peerId}:${sequence}`), { signal });
      expect(put.stored).toBeGreaterThan(0);
    }
    await worker.putRecord(key, Buffer.from(`${worker.peerId}:3`), { signal });
    const record = await coordinator.getRecord(key, { signal });
    expect(Buffer.from(record ?? []).toString()).toBe(`${worker.peerId}:3`);
    expect(await coordinator.getRecord("/starling-worker/nobody", { signal })).toBeNull();
    await expect(worker.putRecord(key, Buffer.from("forged:9"), { signal })).rejects.toMatchObject({
      code: "RecordInvalid",
    });

    const inbound = await accepting(coordinator);
    await worker.connect({ peerId: coordinator.peerId, addresses: coordinator.addresses() }, { signal });
    await worker.openStream(coordinator.peerId, protocol, { signal });
    expect((await inbound.stream).remoteAddress).toMatch(/^\/ip4\/127\.0\.2\.1\/tcp\//);
  });
});

describe("reconnection", () => {
  it("goes on after the hub was away, and a dead bootstrap node is a warning", async () => {
    const privateKey = randomBytes(32);
    const hub = await startNode({ privateKey, dht: true, role: "hub" });
    const [address] = hub.addresses();
    if (address === undefined) throw new Error("the hub does not listen");
    const peerCachePath = join(folder, "peers.json");
    const client = await startNode({ bootstrap: [address], peerCachePath, dht: true });
    expect(await client.provide("role/test", { signal: deadline() })).toEqual({ stored: 1 });

    const warned = event<NetworkWarning>((listener) => client.onWarning(listener));
    await hub.close();
    expect(await warned).toMatchObject({ code: "BootstrapUnreachable" });
    const again = connected(client, hub.peerId);
    const listen = [address.replace(/\/p2p\/.*/, "")];
    const hubAgain = await startNode({ privateKey, listen, dht: true, role: "hub" });
    await again;
    // The hub forgot everything, and is told again.
    await provider(hubAgain, client.peerId);

    // A second start finds the hub by the cache alone.
    await client.close();
    expect(await readFile(peerCachePath, "utf8")).toContain(hub.peerId);
    const restarted = await startNode({ peerCachePath });
    if ((await restarted.peers()).length === 0) await connected(restarted, hub.peerId);
  });

  it("fails to start where it can't listen", async () => {
    const node = await startNode();
    const listen = node.addresses().map((address) => address.replace(/\/p2p\/.*/, ""));
    await expect(startNode({ listen })).rejects.toMatchObject({ code: "NetworkClosed" });
  });

  it("reports who can't be reached or is somebody else", async () => {
    const [one, other] = await Promise.all([startNode(), startNode()]);
    await expect(
      one.connect({ peerId: "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp", addresses: other.addresses() }),
    ).rejects.toMatchObject({ code: "DialFailed" });
    await expect(one.openStream(other.peerId, protocol, { signal: deadline() })).rejects.toMatchObject({
      code: "DialFailed",
    });
    const given = new AbortController();
    const waiting = one.connect({ addresses: ["/ip4/127.255.255.1/tcp/1"] }, { signal: given.signal });
    given.abort();
    await expect(within(waiting)).rejects.toMatchObject({ code: "Aborted" });
  });
});
