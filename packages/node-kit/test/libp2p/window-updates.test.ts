// How often a stream tells the remote that it may send more.
import type { Stream } from "@libp2p/interface";
import { describe, expect, it } from "vitest";
import { windowUpdateBytes } from "../../src/libp2p/limits.ts";
import { spareWindowUpdates } from "../../src/libp2p/thread/window-updates.ts";

const window = 262_144;

/** What yamux keeps in a stream, as far as it matters here. */
function fakeStream(state: number) {
  const stream = {
    state,
    recvWindow: window,
    recvWindowCapacity: window,
    updates: [] as number[],
    sendWindowUpdate(): void {
      stream.updates.push(stream.recvWindow - stream.recvWindowCapacity);
      stream.recvWindowCapacity = stream.recvWindow;
    },
    receive(bytes: number): void {
      stream.recvWindowCapacity -= bytes;
      stream.sendWindowUpdate();
    },
  };
  spareWindowUpdates(stream as unknown as Stream);
  return stream;
}

describe("window updates", () => {
  it("come once a good part of the window is used, and cover all of it", () => {
    const stream = fakeStream(3);
    for (let received = 0; received < windowUpdateBytes; received += 1_024) stream.receive(1_024);
    expect(stream.updates).toEqual([windowUpdateBytes]);
    stream.receive(2 * windowUpdateBytes);
    expect(stream.updates).toEqual([windowUpdateBytes, 2 * windowUpdateBytes]);
    expect(stream.recvWindowCapacity).toBe(window);
  });

  it("are not held back before the stream is established: they carry its acknowledgement", () => {
    const stream = fakeStream(2);
    stream.receive(10);
    expect(stream.updates).toEqual([10]);
  });

  it("leave a stream alone that is not yamux's", () => {
    const stream = { sendWindowUpdate: () => undefined };
    const before = stream.sendWindowUpdate;
    spareWindowUpdates(stream as unknown as Stream);
    expect(stream.sendWindowUpdate).toBe(before);
  });

  it("find in yamux what they expect there", async () => {
    // The names are no promise of the library: an upgrade that renames them must be noticed here.
    const { YamuxStream } = (await import(new URL("stream.js", import.meta.resolve("@libp2p/yamux")).href)) as {
      YamuxStream: { readonly prototype: object };
    };
    expect(Object.getOwnPropertyNames(YamuxStream.prototype)).toContain("sendWindowUpdate");
  });
});
