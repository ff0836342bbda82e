// A peer that belongs to nobody: speaks whatever a test wants to it, from an address of its own.
import { type FrameStream, type Network, openNetwork, systemEntropy, walletOf } from "@starling/node-kit";
import { announcementTopic, limits, offerTopic, workProtocol } from "@starling/protocol";
import { deadline, within } from "./deadline.ts";
import type { TestDevnet } from "./test-devnet.ts";

/** A peer with an account that nobody knows. */
export class Stranger {
  readonly network: Network;
  readonly wallet = walletOf(systemEntropy.bytes(32));
  readonly #net: TestDevnet;

  /** Topics that a neighbour listens to. */
  readonly #heard = new Set<string>();
  #onHeard: () => void = () => undefined;

  private constructor(net: TestDevnet, network: Network) {
    this.#net = net;
    this.network = network;
    network.onSubscriber(({ topic }) => {
      this.#heard.add(topic);
      this.#onHeard();
    });
  }

  /** Subscribes, and resolves when a neighbour listens too. */
  async listen(topic: string): Promise<void> {
    this.network.subscribe(topic);
    const heard = new Promise<void>((resolve) => {
      this.#onHeard = () => this.#heard.has(topic) && resolve();
      this.#onHeard();
    });
    await within(`somebody listens to ${topic}`, heard);
  }

  /** Opens a node and connects it to the coordinator. */
  static async join(net: TestDevnet): Promise<Stranger> {
    const { networkId, bootstrap } = net.devnet.ground.network;
    const topics = [offerTopic(networkId, "wasm"), announcementTopic(networkId)];
    const network = await openNetwork({
      networkId,
      privateKey: systemEntropy.bytes(32),
      listen: ["/ip4/127.0.200.1/tcp/0"],
      dialFrom: "127.0.200.1",
      bootstrap,
      role: "client",
      profile: "small",
      topics: topics.map((name) => ({ name, maxBytes: limits.gossipBytes })),
      dht: false,
      gossip: true,
    });
    return new Stranger(net, network);
  }

  /** Opens a work stream to the coordinator. */
  async workStream(): Promise<FrameStream> {
    const { bootstrap } = this.#net.devnet.ground.network;
    const options = { signal: deadline("work stream") };
    const { peerId } = await this.network.connect({ addresses: bootstrap }, options);
    return await this.network.openStream(peerId, workProtocol, options);
  }

  /** Sends frames on a fresh work stream; resolves when the coordinator has ended it. */
  async provoke(frames: readonly Uint8Array[]): Promise<void> {
    const stream = await this.workStream();
    const closed = new Promise<void>((resolve) => stream.onClose(() => resolve()));
    stream.onFrame(() => undefined);
    // The coordinator may end the stream between two of them.
    for (const frame of frames) await stream.send(frame).catch(() => undefined);
    await within("the coordinator ends the stream", closed);
  }

  async close(): Promise<void> {
    await this.network.close();
  }
}
