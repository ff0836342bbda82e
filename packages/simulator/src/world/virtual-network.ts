// Streams between workers and their coordinator: latency, loss, duplication, reordering, breaks and partitions.
import type { RandomStream } from "@starling/kernel";
import type { Faults } from "../fault-plan.ts";
import type { Simulation } from "../simulation.ts";

/** One end of a stream as the world serves it. */
export interface LinkEnds {
  /** Delivers to the coordinator; the session is that under which the frame was sent. */
  readonly toCoordinator: (session: string, message: unknown) => void;
  readonly toWorker: (session: string, message: unknown) => void;
  /** The stream stands: both sides may greet. */
  readonly opened: (session: string) => void;
  /** The stream is gone for one side. */
  readonly closed: (session: string) => void;
  /** Whether both daemons are up. */
  readonly canOpen: () => boolean;
}

interface LinkWorld {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStream;
}

const LATENCY_MS_MIN = 1;
const LATENCY_MS_SPAN = 30;
const REORDER_MS = 200;
const RECONNECT_MS_MIN = 100;
const RECONNECT_MS_SPAN = 900;
const PARTITION_MS_MIN = 1_000;
const PARTITION_MS_SPAN = 25_000;

/** The stream between one worker and the coordinator, redialled for ever. */
export class VirtualLink {
  readonly #ends: LinkEnds;
  readonly #world: LinkWorld;
  readonly #name: string;
  #session: string | null = null;
  #sessions = 0;
  #dialling = false;
  /** Until then no stream can be opened. */
  #blockedUntil = 0;
  /** Frames of one direction arrive in order, unless a fault reorders them. */
  readonly #lastArrival = { up: 0, down: 0 };

  constructor(name: string, ends: LinkEnds, world: LinkWorld) {
    this.#name = name;
    this.#ends = ends;
    this.#world = world;
  }

  get session(): string | null {
    return this.#session;
  }

  /** Begins to dial, and never stops. */
  dial(): void {
    if (this.#dialling || this.#session !== null) return;
    this.#dialling = true;
    const { simulation, random } = this.#world;
    simulation.after(RECONNECT_MS_MIN + random.below(RECONNECT_MS_SPAN), () => {
      this.#dialling = false;
      if (this.#session !== null) return;
      if (!this.#ends.canOpen() || simulation.now < this.#blockedUntil) return this.dial();
      this.#sessions += 1;
      this.#session = `${this.#name}#${this.#sessions}`;
      this.#ends.opened(this.#session);
    });
  }

  /** Ends the stream for both sides and dials again. */
  breakOff(): void {
    const session = this.#session;
    if (session !== null) {
      this.#session = null;
      this.#ends.closed(session);
    }
    this.dial();
  }

  send(direction: "up" | "down", message: unknown): void {
    const session = this.#session;
    if (session === null) return;
    const { faults, random, simulation } = this.#world;
    if (faults.strikes("streamBroken")) return this.breakOff();
    if (faults.strikes("partition")) {
      this.#blockedUntil = simulation.now + PARTITION_MS_MIN + random.below(PARTITION_MS_SPAN);
      return this.breakOff();
    }
    if (faults.strikes("messageLost")) return;
    this.#deliver(direction, session, message);
    if (faults.strikes("messageDuplicated")) this.#deliver(direction, session, message);
  }

  #deliver(direction: "up" | "down", session: string, message: unknown): void {
    const { faults, random, simulation } = this.#world;
    let at = simulation.now + LATENCY_MS_MIN + random.below(LATENCY_MS_SPAN);
    if (faults.strikes("messageReordered")) at += random.below(REORDER_MS);
    else {
      at = Math.max(at, this.#lastArrival[direction]);
      this.#lastArrival[direction] = at;
    }
    simulation.after(at - simulation.now, () => {
      // What was under way when a stream broke is lost; a late frame of an old session never arrives.
      if (this.#session !== session) return;
      if (direction === "up") this.#ends.toCoordinator(session, message);
      else this.#ends.toWorker(session, message);
    });
  }
}
