// Work streams to coordinators: dialled, greeted, kept up with jittered retries, and let go when a stranger stays away.
import { type CheckedMessage, type FrameStream, type Logger, type Network, systemClock } from "@starling/node-kit";
import {
  type Address,
  type CoordinatorMessage,
  encodeWorkerMessage,
  protocolVersion,
  type WorkerMessage,
  workProtocol,
} from "@starling/protocol";
import { AvoidedPeers, Patience } from "./patience.ts";
import { pause } from "./pause.ts";

/** A coordinator to work for, as far as it is known before its greeting. */
export interface CoordinatorTarget {
  readonly peerId: string;
  readonly addresses: readonly string[];
  /** Its account, where a signature or the network file ties it to the peer id; anybody may claim any account in a greeting. */
  readonly coordinator?: Address | undefined;
  /** By which way it was found. */
  readonly source: "bootstrap" | "dht" | "offer" | "cache";
}

/** A coordinator's greeting. */
export type CoordinatorHello = Extract<CoordinatorMessage, { type: "hello" }>;

/** A greeted stream. */
export interface Link {
  readonly coordinator: Address;
  readonly peerId: string;
  readonly session: string;
  readonly epoch: number;
  readonly stream: FrameStream;
  readonly target: CoordinatorTarget;
}

/** What the owner of links has to do with them. */
export interface LinkEvents {
  /** What this worker says first on a stream. */
  hello(): WorkerMessage;
  connected(link: Link, hello: CoordinatorHello): void;
  /** The promise holds back the peer until the engine has taken the message. */
  message(link: Link, message: CoordinatorMessage): Promise<void>;
  gone(link: Link, reason: string): void;
}

/** Parts that links need. */
export interface LinkDeps {
  readonly network: Network;
  readonly networkId: string;
  readonly logger: Logger;
  readonly events: LinkEvents;
}

/** How a stream came to its end. */
interface Ended {
  readonly useful: boolean;
  readonly refused: boolean;
  readonly reason: string;
}

interface Sending {
  readonly link: Link;
  /** Frames sent on the stream. */
  sent: number;
  readonly since: number;
  /** Whether leases came over it. */
  hasWorked: boolean;
}

const HELLO_LIMIT_MS = 5_000;
/** A link that stood for so long was no trick. */
const STEADY_MS = 30_000;
/** Strangers that are cared for at once. */
const STRANGERS_MAX = 32;

/** All links of a worker. */
export class CoordinatorLinks {
  readonly #deps: LinkDeps;
  readonly #links = new Map<Address, Sending>();
  readonly #cared = new Map<string, CoordinatorTarget>();
  readonly #avoided = new AvoidedPeers();
  readonly #waiting = new Set<() => void>();
  readonly #closing = new AbortController();
  readonly #loops = new Set<Promise<void>>();
  #sessions = 0;

  constructor(deps: LinkDeps) {
    this.#deps = deps;
  }

  /** How many links stand. */
  get count(): number {
    return this.#links.size;
  }

  /** Begins to care for a coordinator; a second call for the same peer changes nothing. */
  follow(target: CoordinatorTarget): void {
    const { peerId } = target;
    if (this.#closing.signal.aborted || this.#cared.has(peerId) || peerId === this.#deps.network.peerId) return;
    if (isStranger(target) && this.#avoided.has(peerId, systemClock.monotonicMs())) return;
    if (isStranger(target) && [...this.#cared.values()].filter(isStranger).length >= STRANGERS_MAX) return;
    this.#cared.set(peerId, target);
    const loop = this.#care(target).finally(() => {
      this.#cared.delete(peerId);
      this.#loops.delete(loop);
    });
    this.#loops.add(loop);
  }

  /** The coordinators whose links stand. */
  all(): readonly Address[] {
    return [...this.#links.keys()];
  }

  /** The link to a coordinator, if it stands. */
  to(coordinator: Address): Link | undefined {
    return this.#links.get(coordinator)?.link;
  }

  /** The link to a coordinator, as soon as it stands. Rejects with the signal's reason. */
  async whenUp(coordinator: Address, signal: AbortSignal): Promise<Link> {
    for (;;) {
      signal.throwIfAborted();
      const link = this.to(coordinator);
      if (link !== undefined) return link;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          this.#waiting.delete(go);
          signal.removeEventListener("abort", go);
          resolve();
        };
        this.#waiting.add(go);
        signal.addEventListener("abort", go, { once: true });
      });
    }
  }

  /** Sends if the link stands. Otherwise nothing is lost: the core says it again after the next greeting. */
  async send(coordinator: Address, message: WorkerMessage): Promise<void> {
    const sending = this.#links.get(coordinator);
    if (sending === undefined) return;
    sending.sent += 1;
    await sending.link.stream.send(encodeWorkerMessage(message, sending.sent)).catch((error: unknown) => {
      this.#deps.logger.debug("frame not sent", { coordinator, type: message.type, error: String(error) });
    });
  }

  /** Greets everybody anew, since coordinators learn of a renewed record by a greeting alone; leases are carried over. */
  greetAgain(): void {
    // Closed in order, so that what is on its way arrives. Each is dialled again as after any other end.
    for (const { link } of this.#links.values()) void link.stream.close().catch(() => undefined);
  }

  /** Says goodbye and closes every link. */
  async close(reason: string): Promise<void> {
    const links = [...this.#links.values()].map(({ link }) => link);
    await Promise.allSettled(links.map((link) => this.send(link.coordinator, { type: "bye", reason })));
    this.#closing.abort(new Error(reason));
    await Promise.allSettled(links.map((link) => link.stream.close()));
    await Promise.allSettled([...this.#loops]);
  }

  async #care(target: CoordinatorTarget): Promise<void> {
    const { signal } = this.#closing;
    const { logger } = this.#deps;
    const { peerId } = target;
    const patience = new Patience(isStranger(target));
    while (!signal.aborted) {
      const ended = await this.#session(target).catch(
        (error: unknown): Ended => ({ useful: false, refused: false, reason: String(error) }),
      );
      if (signal.aborted) return;
      logger.debug("link ended", { peer: peerId, useful: ended.useful, reason: ended.reason });
      const waitMs = patience.after(ended);
      if (waitMs === null) return this.#avoided.add(peerId, systemClock.monotonicMs());
      if (ended.useful) this.#avoided.delete(peerId);
      await pause(waitMs, signal);
    }
  }

  // One stream from dial to end.
  async #session(target: CoordinatorTarget): Promise<Ended> {
    const { network, events } = this.#deps;
    const signal = AbortSignal.any([this.#closing.signal, AbortSignal.timeout(HELLO_LIMIT_MS)]);
    const peer = await network.connect(target, { signal });
    const stream = await network.openStream(peer.peerId, workProtocol, { signal });
    return await new Promise((resolve) => {
      let link: Link | null = null;
      let refused = false;
      const limit = setTimeout(() => stream.abort(new Error("no greeting in time")), HELLO_LIMIT_MS);
      const onAbort = (): void => stream.abort(new Error("the worker stops"));
      signal.addEventListener("abort", onAbort, { once: true });
      const greeted = (made: Link): void => {
        link = made;
        clearTimeout(limit);
        signal.removeEventListener("abort", onAbort);
      };
      stream.onClose((reason) => {
        clearTimeout(limit);
        signal.removeEventListener("abort", onAbort);
        const why = reason?.message ?? "closed";
        const useful = link !== null && this.#remove(link, why);
        resolve({ useful, refused, reason: why });
      });
      stream.onFrame(async (_frame, decoded) => {
        try {
          const { sender, message } = decoded as CheckedMessage<CoordinatorMessage>;
          if (message === null) return;
          if (message.type === "refused") refused = this.#refused(target, message);
          else if (link !== null) await this.#read(link, sender, message);
          else if (message.type === "hello") greeted(this.#greet(target, stream, message));
          else throw new Error(`${message.type} came before the greeting`);
        } catch (error) {
          stream.abort(error instanceof Error ? error : new Error(String(error)));
        }
      });
      stream
        .send(encodeWorkerMessage(events.hello(), 1))
        .catch((error: unknown) => stream.abort(error instanceof Error ? error : new Error(String(error))));
    });
  }

  #greet(target: CoordinatorTarget, stream: FrameStream, hello: CoordinatorHello): Link {
    const { networkId, events, logger } = this.#deps;
    const { coordinator, epoch } = hello;
    if (hello.networkId !== networkId) throw new Error(`the coordinator is of the network ${hello.networkId}`);
    if (Math.abs(hello.protocolVersion - protocolVersion) > 1)
      throw new Error(`protocol version ${hello.protocolVersion} does not work with ${protocolVersion}`);
    if (target.coordinator !== undefined && target.coordinator !== coordinator)
      throw new Error(`the peer claims to be ${coordinator} and is ${target.coordinator}`);
    const standing = this.to(coordinator);
    if (standing !== undefined && standing.peerId !== stream.remotePeer && target.coordinator === undefined)
      throw new Error(`${coordinator} is linked already by another peer`);
    this.#sessions += 1;
    const session = `${stream.remotePeer}#${this.#sessions}`;
    const link: Link = { coordinator, peerId: stream.remotePeer, session, epoch, stream, target };
    this.#links.set(coordinator, { link, sent: 1, since: systemClock.monotonicMs(), hasWorked: false });
    standing?.stream.abort(new Error("replaced by a newer stream"));
    logger.info("coordinator linked", { coordinator, peer: link.peerId, epoch, source: target.source });
    events.connected(link, hello);
    for (const go of [...this.#waiting]) go();
    return link;
  }

  async #read(link: Link, sender: Address | null, message: CoordinatorMessage): Promise<void> {
    // One peer may greet as several accounts, but each stream speaks for the one that greeted on it.
    if (sender !== link.coordinator) throw new Error(`${message.type} of another account than the one that greeted`);
    if (message.type === "hello") throw new Error("a second greeting on one stream");
    const sending = this.#links.get(link.coordinator);
    if (message.type === "leases" && sending?.link === link) sending.hasWorked = true;
    await this.#deps.events.message(link, message);
  }

  #refused(target: CoordinatorTarget, refusal: Extract<CoordinatorMessage, { type: "refused" }>): true {
    const { code, message } = refusal;
    this.#deps.logger.warn("coordinator refused this worker", { peer: target.peerId, code, reason: message });
    return true;
  }

  // True when the link had been of use.
  #remove(link: Link, reason: string): boolean {
    const sending = this.#links.get(link.coordinator);
    const isCurrent = sending?.link === link;
    if (isCurrent) this.#links.delete(link.coordinator);
    this.#deps.logger.info("coordinator gone", { coordinator: link.coordinator, peer: link.peerId, reason });
    this.#deps.events.gone(link, reason);
    return isCurrent && (sending.hasWorked || systemClock.monotonicMs() - sending.since >= STEADY_MS);
  }
}

// Somebody whom neither the network file nor our own cache names.
function isStranger({ source }: CoordinatorTarget): boolean {
  return source === "offer" || source === "dht";
}
