// The main thread's end of a stream, without a network.
import { expect, it } from "vitest";
import type { ToThread } from "../../src/libp2p/messages.ts";
import { ThreadStream } from "../../src/libp2p/thread-stream.ts";

it("gives up the stream, and not the process, when its reader fails", async () => {
  const posted: ToThread[] = [];
  const info = {
    id: 7,
    protocol: "/test/1",
    remotePeer: "peer",
    remoteAddress: "/ip4/127.0.0.1/tcp/1",
    frameBytesMax: 10,
    direction: "inbound" as const,
  };
  const stream = new ThreadStream(info, (message) => posted.push(message));
  const closed = new Promise<Error | undefined>((resolve) => stream.onClose(resolve));
  stream.onFrame(() => Promise.reject(new Error("the chain is away")));
  stream.receive([Uint8Array.of(1)], undefined);
  expect((await closed)?.message).toBe("the chain is away");
  expect(posted).toEqual([{ kind: "abortStream", stream: 7, message: "the chain is away" }]);
});
