// Whether others can reach a machine: it asks a peer that it can reach to dial back, to the address that the question came from.
import { connect } from "node:net";
import type { FrameStream, Network, Waiting } from "./libp2p/network.ts";

const PROTOCOL = "/starling/dial-back/1";
const DIAL_LIMIT_MS = 3_000;
const PORT_BYTES = 2;
/** Dials at once, for everybody together; each opens one connection and sends nothing. */
const DIALS_MAX = 4;

const answers = ["no", "yes", "busy"] as const;

/** Whether a port was reached from outside; `busy` is no answer. */
type Reached = (typeof answers)[number];

/** Dials back whoever asks: only the address that he has, only the port that he names, one at a time for each stream. */
export async function serveDialBack(network: Pick<Network, "handle">): Promise<void> {
  let dials = 0;
  await network.handle(PROTOCOL, (stream) => {
    stream.onFrame(async (frame) => {
      const port = portOf(frame);
      const host = hostOf(stream.remoteAddress);
      if (port === null || host === null) return stream.abort(new Error("a question is a port, over TCP"));
      if (dials >= DIALS_MAX) return await say(stream, "busy");
      dials += 1;
      const isReached = await reaches(host, port).finally(() => {
        dials -= 1;
      });
      await say(stream, isReached ? "yes" : "no");
    });
  });
}

/** Asks a connected peer to dial this machine's port. Rejects when the peer does not do that. */
export async function askDialBack(
  network: Pick<Network, "openStream">,
  { peerId, port }: { readonly peerId: string; readonly port: number },
  options: Waiting,
): Promise<Reached> {
  const stream = await network.openStream(peerId, PROTOCOL, options);
  const answer = new Promise<Reached>((resolve, reject) => {
    stream.onFrame((frame) => resolve(answers[frame[0] ?? -1] ?? "no"));
    stream.onClose((reason) => reject(reason ?? new Error("the peer did not answer")));
    options.signal?.addEventListener("abort", () => reject(new Error("the peer did not answer in time")), {
      once: true,
    });
  });
  try {
    const question = new Uint8Array(PORT_BYTES);
    new DataView(question.buffer).setUint16(0, port);
    await stream.send(question);
    return await answer;
  } finally {
    answer.catch(() => undefined);
    void stream.close().catch(() => undefined);
  }
}

async function say(stream: FrameStream, answer: Reached): Promise<void> {
  await stream.send(Uint8Array.of(answers.indexOf(answer)));
}

function portOf(frame: Uint8Array): number | null {
  if (frame.length !== PORT_BYTES) return null;
  const port = new DataView(frame.buffer, frame.byteOffset).getUint16(0);
  return port === 0 ? null : port;
}

function hostOf(address: string): string | null {
  return /^\/ip[46]\/([^/]+)\/tcp\//.exec(address)?.[1] ?? null;
}

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: DIAL_LIMIT_MS });
    const end = (isReached: boolean): void => {
      socket.destroy();
      resolve(isReached);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
