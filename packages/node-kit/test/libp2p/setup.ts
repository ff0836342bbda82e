// What the network tests share: nodes on loopback that are closed after each test, and promises for events.
import { randomBytes } from "node:crypto";
import { afterEach } from "vitest";
import type { FrameStream, Network, NetworkOptions } from "../../src/libp2p/network.ts";
import { openNetwork } from "../../src/libp2p/open-network.ts";

/** How long a test waits for an event that must come. */
export const deadlineMs = 30_000;

export const protocol = "/test/frames/1";
export const topic = "/starling/test/offers";
export const codecModule = new URL("./codec.ts", import.meta.url).href;

const open: Network[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((network) => network.close()));
});

/** Starts a node on a free loopback port. */
export async function startNode(options: Partial<NetworkOptions> = {}): Promise<Network> {
  const network = await openNetwork({
    networkId: "test",
    privateKey: randomBytes(32),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap: [],
    role: "client",
    profile: "small",
    topics: [{ name: topic, maxBytes: 1_024 }],
    dht: false,
    gossip: false,
    ...options,
  });
  open.push(network);
  return network;
}

/** Waits for a callback to be called with a value that fits. */
export function event<T>(
  subscribe: (listener: (value: T) => void) => void,
  fits: (value: T) => boolean = () => true,
): Promise<T> {
  return within(
    new Promise((resolve) => {
      subscribe((value) => {
        if (fits(value)) resolve(value);
      });
    }),
  );
}

/** Fails a promise that takes too long, with the place of the call in the stack. */
export function within<T>(promise: Promise<T>): Promise<T> {
  const late = new Error(`nothing happened within ${deadlineMs} ms`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late), deadlineMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A signal for calls that must not wait for ever. */
export function deadline(): AbortSignal {
  return AbortSignal.timeout(deadlineMs);
}

/** Both ends of a stream between two nodes. */
export async function joinedStreams(
  from: Network,
  to: Network,
  name: string = protocol,
): Promise<[FrameStream, FrameStream]> {
  const inbound = await accepting(to, name);
  await from.connect({ peerId: to.peerId, addresses: to.addresses() }, { signal: deadline() });
  const outbound = await from.openStream(to.peerId, name, { signal: deadline() });
  return [outbound, await inbound.stream];
}

/** Handles a protocol, and promises its first stream. */
export async function accepting(network: Network, name: string = protocol): Promise<{ stream: Promise<FrameStream> }> {
  let ready: Promise<void> | undefined;
  const stream = event<FrameStream>((listener) => {
    ready = network.handle(name, listener);
  });
  await ready;
  // In an object: a promise of a promise would wait for the stream.
  return { stream };
}

/** Waits until a stream has delivered so many frames. */
export function frames(stream: FrameStream, count: number): Promise<Uint8Array[]> {
  const received: Uint8Array[] = [];
  return within(
    new Promise((resolve) => {
      stream.onFrame((frame) => {
        received.push(frame);
        if (received.length === count) resolve(received);
      });
    }),
  );
}

/** Waits for the end of a stream and returns the reason. */
export function closing(stream: FrameStream): Promise<Error | undefined> {
  return within(new Promise((resolve) => stream.onClose(resolve)));
}

/** A frame that says a number. */
export function numbered(value: number, bytes = 8): Uint8Array {
  const frame = new Uint8Array(bytes);
  new DataView(frame.buffer).setUint32(0, value);
  return frame;
}

export function numberIn(frame: Uint8Array | undefined): number {
  return frame === undefined ? -1 : new DataView(frame.buffer, frame.byteOffset).getUint32(0);
}
