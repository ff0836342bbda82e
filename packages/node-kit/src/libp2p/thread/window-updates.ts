// Tells the remote less often that it may send more: yamux does it after every frame, which doubles the packets of small frames.
import type { Stream } from "@libp2p/interface";
import { windowUpdateBytes } from "../limits.ts";

/** What yamux keeps in a stream. None of it is promised, so that a stream which looks different is left alone. */
interface YamuxStream {
  readonly state: number;
  readonly recvWindow: number;
  readonly recvWindowCapacity: number;
  sendWindowUpdate(): void;
}

/** The handshake of the stream is over: updates carry nothing but their number. */
const established = 3;

/** Makes a stream say it only once a good part of its window is used. */
export function spareWindowUpdates(stream: Stream): void {
  if (!isYamux(stream)) return;
  const send = stream.sendWindowUpdate.bind(stream);
  stream.sendWindowUpdate = () => {
    const used = stream.recvWindow - stream.recvWindowCapacity;
    if (stream.state === established && used < windowUpdateBytes) return;
    send();
  };
}

function isYamux(stream: object): stream is YamuxStream {
  const { state, recvWindow, recvWindowCapacity, sendWindowUpdate } = stream as Partial<YamuxStream>;
  const numbers = [state, recvWindow, recvWindowCapacity];
  return typeof sendWindowUpdate === "function" && numbers.every((one) => typeof one === "number");
}
