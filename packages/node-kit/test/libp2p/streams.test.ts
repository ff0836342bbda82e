// Framed streams between two real nodes: order, loss, back-pressure, bad frames.
import { describe, expect, it } from "vitest";
import type { FrameStream } from "../../src/libp2p/network.ts";
import { closing, frames, joinedStreams, numbered, numberIn, startNode, within } from "./setup.ts";

describe("a stream between two nodes", () => {
  it("carries frames both ways and ends on both sides", async () => {
    const [server, client] = await Promise.all([startNode(), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    expect(inbound.remotePeer).toBe(client.peerId);
    expect(outbound.remotePeer).toBe(server.peerId);
    expect(inbound.remoteAddress).toMatch(/^\/ip4\/127\.0\.0\.1\/tcp\/\d+/);
    const atServer = frames(inbound, 3);
    const atClient = frames(outbound, 1);
    for (const text of ["one", "", "three"]) await outbound.send(Buffer.from(text));
    expect((await atServer).map((frame) => Buffer.from(frame).toString())).toEqual(["one", "", "three"]);
    await inbound.send(Buffer.from("back"));
    expect((await atClient).map((frame) => Buffer.from(frame).toString())).toEqual(["back"]);
    const ended = closing(inbound);
    await within(outbound.close());
    expect(await ended).toBeUndefined();
    await expect(outbound.send(numbered(1))).rejects.toMatchObject({ code: "StreamClosed" });
  });

  it("loses none of many frames, both ways at once, and keeps their order", async () => {
    const [server, client] = await Promise.all([startNode(), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    const count = 12_000;
    const sendAll = async (stream: FrameStream) => {
      for (let index = 0; index < count; index += 1) await stream.send(numbered(index, 8 + (index % 300)));
    };
    const both = [frames(inbound, count), frames(outbound, count)];
    await Promise.all([sendAll(outbound), sendAll(inbound)]);
    for (const received of await Promise.all(both)) {
      expect(
        received.findIndex((frame, index) => numberIn(frame) !== index || frame.byteLength !== 8 + (index % 300)),
      ).toBe(-1);
    }
  });

  it("carries frames larger than the credit window", async () => {
    const [server, client] = await Promise.all([startNode(), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    const received = frames(inbound, 3);
    const large = new Uint8Array(3_000_000).map((_, index) => index % 251);
    for (let index = 0; index < 3; index += 1) await outbound.send(large);
    for (const frame of await received) expect(Buffer.compare(frame, large)).toBe(0);
  });
});
