// A reader that does not read, and a writer that does not wait.
import { describe, expect, it } from "vitest";
import { sendQueueFrames, streamCreditBytes } from "../../src/libp2p/limits.ts";
import { closing, frames, joinedStreams, numbered, numberIn, startNode, within } from "./setup.ts";

const chunkBytes = 64 * 1_024;
const total = 400;

describe("back-pressure", () => {
  it("stops the writer when the reader does not read, and loses nothing when it reads again", async () => {
    const [server, client] = await Promise.all([startNode(), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    const [echoOut, echoIn] = await joinedStreams(client, server, "/test/echo/1");
    echoIn.onFrame((frame) => echoIn.send(frame));

    const release: (() => void)[] = [];
    const received: number[] = [];
    let isReading = false;
    const allReceived = new Promise<void>((resolve) => {
      inbound.onFrame((frame) => {
        received.push(numberIn(frame));
        if (received.length === total) resolve();
        return isReading ? undefined : new Promise((consumed) => release.push(consumed));
      });
    });
    let sent = 0;
    const sendAll = async () => {
      for (let index = 0; index < total; index += 1) {
        await outbound.send(numbered(index, chunkBytes));
        sent += 1;
      }
    };
    const allSent = sendAll();

    // Round trips on another stream are the clock: the writer stands when many of them pass without a frame.
    let standing = 0;
    while (standing < 50) {
      const before = sent;
      const echoed = frames(echoOut, 1);
      await echoOut.send(numbered(standing));
      await echoed;
      standing = sent === before ? standing + 1 : 0;
    }
    expect(received).toHaveLength(streamCreditBytes / chunkBytes);
    // One window in each main thread, libp2p's buffers between them: far below the 25 MB that were to be sent.
    expect(sent * chunkBytes).toBeLessThan(8 * 1_024 * 1_024);

    isReading = true;
    for (const consumed of release) consumed();
    await within(Promise.all([allSent, allReceived]));
    expect(received).toEqual(Array.from({ length: total }, (_, index) => index));
  });

  it("holds when the reader pauses and resumes all the time", async () => {
    // Regression: pausing inside libp2p's resume opened the remote's window for good, and the stream was reset.
    const [server, client] = await Promise.all([startNode(), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    const count = 20_000;
    const received: number[] = [];
    let consumed = Promise.resolve();
    const allReceived = new Promise<void>((resolve) => {
      inbound.onFrame((frame) => {
        if (received.push(numberIn(frame)) === count) resolve();
        // One frame a turn of the event loop: slower than they come.
        consumed = consumed.then(() => new Promise((next) => setImmediate(next)));
        return consumed;
      });
      inbound.onClose(() => resolve());
    });
    for (let index = 0; index < count; index += 1) await outbound.send(numbered(index, 512));
    await within(allReceived);
    expect(received).toEqual(Array.from({ length: count }, (_, index) => index));
  });

  it("cuts off a writer that goes on without waiting", async () => {
    const [server, client] = await Promise.all([startNode(), startNode()]);
    const [outbound, inbound] = await joinedStreams(client, server);
    const ends = [closing(outbound), closing(inbound)];
    const sends = Array.from({ length: 2 * sendQueueFrames }, (_, index) => outbound.send(numbered(index)));
    const outcomes = await Promise.allSettled(sends);
    expect(outcomes.some((outcome) => outcome.status === "rejected")).toBe(true);
    const [here, there] = await Promise.all(ends);
    expect(here).toMatchObject({ code: "SendQueueFull" });
    expect(there).toMatchObject({ code: "StreamReset" });
  });
});
