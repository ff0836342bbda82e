// The network thread's entry: everything of libp2p runs from here, so that a flood of gossip never delays the engine.
import { parentPort, workerData } from "node:worker_threads";
import { present } from "@starling/kernel";
import { loadCodec } from "./codec.ts";
import type { FromThread, Post, ThreadData, ToThread } from "./messages.ts";
import { ThreadNode } from "./thread/thread-node.ts";

const port = present(parentPort, "the main thread's port");
// Whoever starts this file passes ThreadData; open-network.ts is the only one.
const { options } = workerData as ThreadData;
const post: Post = (message: FromThread, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

const node = await ThreadNode.create(options, await loadCodec(options.codecModule), post);
port.on("message", (message: ToThread) => node.receive(message));
// Libp2p leaves promises of broken connections unhandled now and then, and strangers can break connections at will.
let rejections = 0;
process.on("unhandledRejection", (reason) => {
  rejections += 1;
  // Strangers must not fill the log either: the first, second, fourth, eighth and so on are told.
  if ((rejections & (rejections - 1)) !== 0) return;
  node.warn({
    code: "ThreadRejection",
    message: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason),
  });
});
await node.start();
