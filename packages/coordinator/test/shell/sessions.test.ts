// Work streams of workers: what happens when a worker or the chain goes away in the middle of the greeting.
import { accepted, rejected } from "@starling/kernel";
import { type ArtifactInfo, type CheckedMessage, type FrameStream, silentLogger } from "@starling/node-kit";
import type { Address, WorkerMessage } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import type { CoordinatorInput } from "../../src/core/index.ts";
import { type SessionDeps, WorkerSessions } from "../../src/shell/sessions.ts";
import { record, signed as signedOf } from "../core/world/fixtures.ts";

const signed = signedOf(record("a"));
const { worker, operator, networkId } = signed.record;

type Reader = (frame: Uint8Array, decoded: CheckedMessage<WorkerMessage>) => Promise<void>;

class FakeStream {
  readonly id = 1;
  readonly protocol = "work";
  readonly remotePeer = signed.record.peerId;
  readonly remoteAddress = "/ip4/127.0.0.1/tcp/1";
  reader: Reader | null = null;
  aborted: Error | null = null;
  readonly #closeListeners: ((reason?: Error) => void)[] = [];

  async send(): Promise<void> {}
  async close(): Promise<void> {}
  onFrame(listener: unknown): void {
    this.reader = listener as Reader;
  }
  onClose(listener: (reason?: Error) => void): void {
    this.#closeListeners.push(listener);
  }
  abort(error: Error): void {
    this.aborted = error;
    this.end(error);
  }
  end(reason?: Error): void {
    for (const listener of this.#closeListeners.splice(0)) listener(reason);
  }
  async hello(): Promise<void> {
    const message = { type: "hello", networkId, protocolVersion: 1, record: signed, holding: [] } as const;
    await this.reader?.(new Uint8Array(), { sender: worker, message });
  }
}

interface Greeter {
  readonly sessions: WorkerSessions;
  readonly stream: FakeStream;
  readonly inputs: CoordinatorInput[];
  readonly stored: Uint8Array[];
}

interface World {
  readonly isAwaited?: SessionDeps["isAwaited"];
  readonly put?: SessionDeps["artifacts"]["put"];
  /** Says no so many times. */
  overloaded?: number;
}

function greeter(operatorOf: () => Promise<Address | null>, world: World = {}): Greeter {
  const inputs: CoordinatorInput[] = [];
  const stored: Uint8Array[] = [];
  const sessions = new WorkerSessions(
    {
      chain: { operatorOf },
      artifacts: { stat: () => null, put: world.put ?? (async (bytes) => await keep(stored, bytes)) },
      logger: silentLogger,
      submit: async (input) => {
        inputs.push(input);
        if (input.type !== "workerGone" || (world.overloaded ?? 0) === 0) return accepted();
        world.overloaded = (world.overloaded ?? 0) - 1;
        return rejected("overloaded", "too much at once");
      },
      isAwaited: world.isAwaited ?? (() => true),
      prove: () => ({ notAfter: 1, signature: `0x${"44".repeat(65)}` }),
      sourceOf: () => "dial",
    },
    { networkId, protocolVersion: 1, coordinator: worker, epoch: 1, beatEveryMs: 1_000 },
  );
  const stream = new FakeStream();
  sessions.accept(stream as unknown as FrameStream);
  return { sessions, stream, inputs, stored };
}

async function keep(stored: Uint8Array[], bytes: unknown): Promise<ArtifactInfo> {
  if (bytes instanceof Uint8Array) stored.push(bytes);
  return { cid: "cid:", size: 1 };
}

describe("a worker's stream", () => {
  test("that ends while its worker is greeted is told to the core as gone", async () => {
    let answer: (found: Address) => void = () => undefined;
    const { sessions, stream, inputs } = greeter(() => new Promise((resolve) => (answer = resolve)));
    const greeting = stream.hello();
    await Promise.resolve();
    stream.end(new Error("cut off"));
    answer(operator);
    await greeting;
    expect(inputs.map(({ type }) => type)).toEqual(["workerHello", "workerGone"]);
    expect(sessions.isConnected(worker)).toBe(false);
  });

  test("is given up when the chain does not answer, and nothing is thrown at the network", async () => {
    const { sessions, stream, inputs } = greeter(() => Promise.reject(new Error("the chain is away")));
    await stream.hello();
    expect(stream.aborted?.message).toBe("the chain is away");
    expect([inputs.length, sessions.isConnected(worker)]).toEqual([0, false]);
  });

  test("is given up when the files of a reveal find no room", async () => {
    const { stream, inputs } = greeter(async () => operator, { put: () => Promise.reject(new Error("no room")) });
    await stream.hello();
    const item = { outputs: [], inline: [{ cid: "cid:", bytes: Uint8Array.of(1) }] };
    const message = { type: "reveals", items: [item] } as unknown as WorkerMessage;
    await stream.reader?.(new Uint8Array(), { sender: worker, message });
    expect(stream.aborted?.message).toBe("no room");
    expect(inputs.map(({ type }) => type)).toEqual(["workerHello", "workerGone"]);
  });

  test("stores the files of awaited answers alone, and tells the core of all", async () => {
    const awaited = "0x01";
    const { stream, inputs, stored } = greeter(async () => operator, {
      isAwaited: (_, leaseId) => leaseId === awaited,
    });
    await stream.hello();
    const items = [awaited, "0x02"].map((leaseId, i) => ({
      leaseId,
      outputs: [],
      inline: [{ cid: `cid:${i}`, bytes: Uint8Array.of(i) }],
    }));
    const message = { type: "reveals", items } as unknown as WorkerMessage;
    await stream.reader?.(new Uint8Array(), { sender: worker, message });
    expect(stored).toEqual([Uint8Array.of(0)]);
    expect(inputs.at(-1)).toMatchObject({
      type: "revealsReceived",
      message: { items: [{ inline: [] }, { inline: [] }] },
    });
  });

  test("that ends while the engine is overloaded is told again until it is heard", async () => {
    const world = { overloaded: 2 };
    const { stream, inputs } = greeter(async () => operator, world);
    await stream.hello();
    stream.end(new Error("cut off"));
    await expect.poll(() => inputs.filter(({ type }) => type === "workerGone").length).toBe(3);
    expect(world.overloaded).toBe(0);
  });
});
