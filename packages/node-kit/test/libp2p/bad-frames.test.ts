// Hostile and broken peers: what they send ends their stream and nothing else.
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import { afterEach, describe, expect, it } from "vitest";
import type { FrameStream, Network } from "../../src/libp2p/network.ts";
import {
  accepting,
  closing,
  codecModule,
  deadline,
  event,
  frames,
  joinedStreams,
  numbered,
  protocol,
  startNode,
  within,
} from "./setup.ts";

let raw: Libp2p | undefined;

afterEach(async () => {
  await raw?.stop();
});

/** Sends bytes as they are, without frames, and returns the stream as the node sees it. */
async function sendRaw(server: Network, protocol: string, bytes: Uint8Array): Promise<FrameStream> {
  raw ??= await createLibp2p({ transports: [tcp()], connectionEncrypters: [noise()], streamMuxers: [yamux()] });
  const inbound = await accepting(server, protocol);
  const stream = await raw.dialProtocol(
    server.addresses().map((address) => multiaddr(address)),
    protocol,
    {
      signal: deadline(),
    },
  );
  stream.send(bytes);
  await stream.close();
  return inbound.stream;
}

describe("bad frames", () => {
  it("end the stream with a named error, and the other streams live on", async () => {
    const [server, client] = await Promise.all([startNode(), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server, "/test/other/1");
    const garbage = await sendRaw(server, "/test/garbage/1", Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect(await closing(garbage)).toMatchObject({ code: "FrameTooLarge" });
    const truncated = await sendRaw(server, "/test/truncated/1", Uint8Array.of(0, 0, 0, 9, 1, 2));
    expect(await closing(truncated)).toMatchObject({ code: "FrameTruncated" });
    const received = frames(inbound, 1);
    await outbound.send(numbered(1));
    expect(await received).toHaveLength(1);
  });

  it("are refused by the sender, and by a receiver with a lower bound", async () => {
    const server = await startNode({ protocols: [{ name: protocol, frameBytesMax: 1_000 }] });
    const client = await startNode({ protocols: [{ name: protocol, frameBytesMax: 2_000 }] });
    const [outbound, inbound] = await joinedStreams(client, server);
    const ends = [closing(outbound), closing(inbound)];
    await expect(outbound.send(new Uint8Array(2_001))).rejects.toMatchObject({ code: "FrameTooLarge" });
    const received = frames(inbound, 1);
    await outbound.send(new Uint8Array(1_000));
    await outbound.send(new Uint8Array(1_001));
    expect(await received).toHaveLength(1);
    const [here, there] = await Promise.all(ends);
    expect(there).toMatchObject({ code: "FrameTooLarge" });
    expect(here).toMatchObject({ code: "StreamReset" });
  });

  it("are seen by the codec in the thread, after the good ones before them", async () => {
    const [server, client] = await Promise.all([startNode({ codecModule }), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    const end = closing(inbound);
    const decoded = event<unknown>((listener) => inbound.onFrame((_frame, value) => listener(value)));
    await Promise.all(["ok", "!bad", "never"].map((text) => outbound.send(Buffer.from(text))));
    expect(await decoded).toEqual({ protocol, from: client.peerId, first: 111, payload: new Uint8Array([107]) });
    expect(await end).toMatchObject({ code: "FrameInvalid", message: "not a test frame" });
  });
});

describe("the death of the thread", () => {
  it("is reported, and ends streams and calls", async () => {
    const [server, client] = await Promise.all([startNode({ codecModule }), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    const fatal = event<Error>((listener) => server.onFatal(listener));
    const ends = [closing(inbound), closing(outbound)];
    const pending = server.openStream(client.peerId, "/nobody/1", { signal: deadline() });
    const outcome = expect(pending).rejects.toThrow();
    await outbound.send(Buffer.from("X"));
    expect(await fatal).toMatchObject({ code: "NetworkClosed" });
    expect(await within(Promise.all(ends))).toEqual([
      expect.objectContaining({ code: "NetworkClosed" }),
      expect.objectContaining({ code: "StreamReset" }),
    ]);
    await outcome;
    await expect(server.peers()).rejects.toMatchObject({ code: "NetworkClosed" });
  });
});
