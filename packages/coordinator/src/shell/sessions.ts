// Work streams of workers: greeted after their record and registration were checked, then turned into inputs of the core.
import { setTimeout as delay } from "node:timers/promises";
import type { Outcome } from "@starling/kernel";
import type { CheckedMessage, FrameStream, Logger } from "@starling/node-kit";
import {
  type Address,
  type CoordinatorBinding,
  type CoordinatorMessage,
  encodeCoordinatorMessage,
  type LeaseId,
  type SignedWorkerRecord,
  type WorkerMessage,
} from "@starling/protocol";
import type { CoordinatorInput, DiscoverySource } from "../core/index.ts";
import type { CoordinatorArtifacts, CoordinatorChain } from "./ports.ts";

export interface SessionDeps {
  readonly chain: CoordinatorChain;
  readonly artifacts: CoordinatorArtifacts;
  readonly logger: Logger;
  readonly submit: (input: CoordinatorInput) => Promise<Outcome>;
  /** Whether the core waits for this worker's answer to the lease. */
  readonly isAwaited: (worker: Address, leaseId: LeaseId) => boolean;
  /** Proves that the coordinator's account speaks through this peer. */
  readonly prove: () => CoordinatorBinding;
  /** By which way the peer was first heard of. */
  readonly sourceOf: (peerId: string) => DiscoverySource;
}

export interface SessionOptions {
  readonly networkId: string;
  readonly protocolVersion: number;
  readonly coordinator: Address;
  readonly epoch: number;
  readonly beatEveryMs: number;
}

type Hello = Extract<WorkerMessage, { type: "hello" }>;

/** A greeted worker. */
export interface Session {
  readonly id: string;
  readonly worker: Address;
  readonly stream: FrameStream;
  /** Frames sent so far: each carries its number. */
  sent: number;
}

const HELLO_LIMIT_MS = 5_000;
/** An engine that is overloaded is told of a worker's end again after this. */
const GONE_RETRY_MS = 200;

/** All work streams of a coordinator. */
export class WorkerSessions {
  readonly #deps: SessionDeps;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<Address, Session>();
  #count = 0;

  constructor(deps: SessionDeps, options: SessionOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Takes an inbound work stream. */
  accept(stream: FrameStream): void {
    let session: Session | null = null;
    let ended: string | null = null;
    // Frames are turned into inputs one after the other, so that none overtakes the greeting or a slower one before it.
    let turn: Promise<void> = Promise.resolve();
    const limit = setTimeout(() => stream.abort(new Error("no hello in time")), HELLO_LIMIT_MS);
    stream.onClose((reason) => {
      clearTimeout(limit);
      ended = reason?.message ?? "closed";
      if (session !== null) this.#closed(session, ended);
    });
    stream.onFrame(async (_frame, decoded) => {
      const { sender, message } = decoded as CheckedMessage<WorkerMessage>;
      // A kind that this version does not know is passed over.
      if (message === null) return;
      let taken: Promise<void> = Promise.resolve();
      turn = turn.then(async () => {
        if (session !== null && sender !== session.worker) {
          // One peer may greet as several accounts, but each stream speaks for the one that greeted on it.
          stream.abort(new Error(`${message.type} of another account than the one that greeted`));
        } else if (session !== null) {
          const input = await this.#inputOf(session, message);
          if (input !== null) taken = this.#take(session, input);
        } else if (message.type === "hello") {
          session = await this.#greet(stream, message);
          clearTimeout(limit);
          // It may have gone while it was greeted: then nobody else tells the core.
          if (session !== null && ended !== null) this.#closed(session, ended);
        } else stream.abort(new Error(`${message.type} before the greeting was answered`));
      });
      try {
        await turn;
        await taken;
      } catch (error) {
        // The chain or the disk is away: the worker comes back in a moment.
        this.#deps.logger.warn("work stream given up", { peer: stream.remotePeer, error: String(error) });
        stream.abort(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Sends if the worker is connected. Otherwise nothing is lost: the core says it again after the next hello. */
  async send(worker: Address, message: CoordinatorMessage): Promise<void> {
    const session = this.#sessions.get(worker);
    if (session === undefined) return;
    session.sent += 1;
    await session.stream.send(encodeCoordinatorMessage(message, session.sent)).catch((error: unknown) => {
      this.#deps.logger.debug("frame not sent", { worker, type: message.type, error: String(error) });
    });
  }

  /** The greeted workers behind this peer id. */
  workersOf(peerId: string): readonly Address[] {
    return [...this.#sessions.values()].flatMap(({ stream, worker }) => (stream.remotePeer === peerId ? [worker] : []));
  }

  isConnected(worker: Address): boolean {
    return this.#sessions.has(worker);
  }

  /** Says why a worker is not wanted, then closes its stream. */
  async refuse(
    worker: Address,
    refusal: { readonly session: string; readonly code: string; readonly message: string },
  ): Promise<void> {
    const session = this.#sessions.get(worker);
    if (session === undefined || session.id !== refusal.session) return;
    await this.send(worker, { type: "refused", code: refusal.code, message: refusal.message });
    await session.stream.close();
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#sessions.values()].map((session) => session.stream.close()));
  }

  async #greet(stream: FrameStream, hello: Hello): Promise<Session | null> {
    const refusal = await this.#refusalOf(stream, hello);
    if (refusal !== null) return await this.#turnAway(stream, refusal);
    const { record } = hello.record;
    this.#count += 1;
    const session: Session = { id: `${this.#options.epoch}.${this.#count}`, worker: record.worker, stream, sent: 0 };
    // A worker has one stream: the newest. The old one is closed after it is replaced, so that its end is not taken for the worker's.
    const old = this.#sessions.get(record.worker);
    this.#sessions.set(record.worker, session);
    old?.stream.abort(new Error("replaced by a newer stream"));
    await this.#sayHello(session);
    const outcome = await this.#deps.submit(this.#helloInput(session, hello));
    if (outcome.ok) return session;
    if (this.#sessions.get(record.worker) === session) this.#sessions.delete(record.worker);
    return await this.#turnAway(stream, outcome);
  }

  async #sayHello(session: Session): Promise<void> {
    const { networkId, protocolVersion, coordinator, epoch, beatEveryMs } = this.#options;
    const said = { networkId, protocolVersion, coordinator, epoch, beatEveryMs };
    await this.send(session.worker, { type: "hello", ...said, binding: this.#deps.prove() });
  }

  #helloInput(session: Session, hello: Hello): CoordinatorInput {
    const signed: SignedWorkerRecord = hello.record;
    return {
      type: "workerHello",
      session: session.id,
      record: signed.record,
      signed,
      source: this.#deps.sourceOf(session.stream.remotePeer),
      remoteAddress: session.stream.remoteAddress,
      holding: hello.holding,
    };
  }

  async #turnAway(stream: FrameStream, refusal: { readonly code: string; readonly message: string }): Promise<null> {
    this.#deps.logger.info("worker refused", { peer: stream.remotePeer, code: refusal.code, message: refusal.message });
    await stream
      .send(encodeCoordinatorMessage({ type: "refused", code: refusal.code, message: refusal.message }, 1))
      .catch(() => undefined);
    await stream.close().catch(() => undefined);
    return null;
  }

  // Signatures of the record were checked where the frame was decoded; here stands what only the chain and the options know.
  async #refusalOf(stream: FrameStream, hello: Hello): Promise<{ code: string; message: string } | null> {
    const { networkId, protocolVersion } = this.#options;
    const { record } = hello.record;
    if (hello.networkId !== networkId)
      return { code: "wrongNetwork", message: `this is network ${networkId}, the worker is of ${hello.networkId}` };
    if (Math.abs(hello.protocolVersion - protocolVersion) > 1) {
      return {
        code: "versionMismatch",
        message: `protocol version ${hello.protocolVersion} does not work with ${protocolVersion}; update the older side`,
      };
    }
    if (record.peerId !== stream.remotePeer) return { code: "badRecord", message: "the record names another peer" };
    const operator = await this.#operatorOf(record);
    if (operator === null)
      return {
        code: "notRegistered",
        message: `worker ${record.worker} is not in the stake registry; its operator has to register it, or, where there is no chain, to stand in the network file`,
      };
    if (operator !== record.operator)
      return { code: "badRecord", message: `the registry says that worker ${record.worker} is owned by ${operator}` };
    return null;
  }

  // Asked anew at every greeting, which is rare: a worker may have been registered, or have changed hands, since.
  #operatorOf(record: Hello["record"]["record"]): Promise<Address | null> {
    return this.#deps.chain.operatorOf(record, { signal: AbortSignal.timeout(HELLO_LIMIT_MS) });
  }

  #closed(session: Session, reason: string): void {
    if (this.#sessions.get(session.worker) !== session) return;
    this.#sessions.delete(session.worker);
    void this.#tellGone(session, reason).catch((error: unknown) => {
      this.#deps.logger.debug("the end of a work stream was not told", {
        worker: session.worker,
        error: String(error),
      });
    });
  }

  // Nobody else tells the core: it would lend to a worker that is gone until its heartbeats are missed.
  async #tellGone({ worker, id }: Session, reason: string): Promise<void> {
    for (;;) {
      const outcome = await this.#deps.submit({ type: "workerGone", worker, session: id, reason });
      if (outcome.ok || outcome.code !== "overloaded") return;
      await delay(GONE_RETRY_MS, undefined, { ref: false });
    }
  }

  async #take(session: Session, input: CoordinatorInput): Promise<void> {
    const outcome = await this.#deps.submit(input);
    if (!outcome.ok)
      this.#deps.logger.debug("input refused", { worker: session.worker, type: input.type, code: outcome.code });
  }

  async #inputOf(session: Session, message: WorkerMessage): Promise<CoordinatorInput | null> {
    const from = { worker: session.worker, session: session.id };
    switch (message.type) {
      case "hello":
        return null;
      case "ask":
        return { type: "workerAsked", ...from, message };
      case "accepts":
        return { type: "leasesAccepted", ...from, message };
      case "declines":
        return { type: "leasesDeclined", ...from, message };
      case "beat":
        return { type: "workerBeat", ...from, message };
      case "commits":
        return { type: "commitsReceived", ...from, message };
      case "reveals":
        return await this.#reveals(from, message);
      case "failures":
        return { type: "failuresReceived", ...from, message };
      case "pledge":
        return { type: "pledgeReceived", ...from, message };
      case "ticketsWanted":
        return { type: "ticketsWanted", ...from, message };
      case "challengeAnswer":
        return { type: "challengeAnswered", ...from, message };
      case "measured":
        return { type: "machineMeasured", ...from, message };
      case "bye":
        this.#deps.logger.info("worker says goodbye", { worker: session.worker, reason: message.reason });
        return { type: "workerGone", ...from, reason: message.reason };
    }
  }

  // Bytes are on disk before the core hears of the reveal; the core itself gets the refs without the bytes.
  async #reveals(
    from: { readonly worker: Address; readonly session: string },
    message: Extract<WorkerMessage, { type: "reveals" }>,
  ): Promise<CoordinatorInput> {
    const { artifacts, isAwaited } = this.#deps;
    // Bytes of an answer that nobody waits for are not kept: the core will not take it either.
    const awaited = message.items.filter(({ leaseId }) => isAwaited(from.worker, leaseId));
    // Together, since each is synced: one after the other they would take a disk's time each.
    const files = new Map(awaited.flatMap(({ inline }) => inline.map(({ cid, bytes }) => [cid, bytes])));
    await Promise.all([...files.values()].map((bytes) => artifacts.put(bytes)));
    const missing = new Set<string>();
    for (const item of message.items) {
      // A file of another size than the reveal says is not the one that it names.
      for (const { cid, size } of item.outputs) if (artifacts.stat(cid)?.size !== size) missing.add(cid);
    }
    const items = message.items.map((item) => ({ ...item, inline: [] }));
    return { type: "revealsReceived", ...from, missing: [...missing], message: { ...message, items } };
  }
}
