// Streams between workers and their coordinator: latency, loss, duplication, reordering, breaks, half-open ends and partitions.
import type { Millis, RandomStream } from "@starling/kernel";
import type { Faults } from "../fault-plan.ts";
import type { Simulation } from "../simulation.ts";
import type { Frame } from "./wire.ts";

/** The two daemons at the ends of a link, as the world serves them. */
export interface LinkEnds {
  /** Whether both daemons are up. */
  readonly canOpen: () => boolean;
  /** What the worker says first on a new stream: made when it dials. */
  readonly greeting: () => unknown;
  /** The greeting reached the coordinator. */
  readonly greeted: (session: string, greeting: unknown) => void;
  /** The coordinator's answer to it reached the worker; frames may flow. */
  readonly connected: (session: string) => void;
  readonly toCoordinator: (session: string, frame: Frame) => void;
  readonly toWorker: (session: string, frame: Frame) => void;
  /** One end learns that the stream is over. */
  readonly goneForCoordinator: (session: string) => void;
  readonly goneForWorker: (session: string) => void;
}

export interface LinkWorld {
  readonly simulation: Simulation;
  readonly faults: Faults;
  readonly random: RandomStream;
}

type Direction = "up" | "down";
type End = "worker" | "coordinator";

interface Stream {
  readonly session: string;
  isBroken: boolean;
  /** Whether the worker has the coordinator's answer to its greeting. */
  isConnected: boolean;
  /** Frames of one direction arrive in order, unless a fault reorders them. */
  readonly lastArrival: Record<Direction, Millis>;
  readonly sent: Record<Direction, number>;
  readonly newestArrived: Record<Direction, number>;
}

const LATENCY_MS_MIN = 1;
const LATENCY_MS_SPAN = 30;
const REORDER_MS_SPAN = 300;
const RECONNECT_MS_MIN = 100;
const RECONNECT_MS_SPAN = 900;
const PARTITION_MS_MIN = 1_000;
const PARTITION_MS_SPAN = 25_000;
const NOTICE_MS_SPAN = 50;
const LATE_NOTICE_MS_SPAN = 20_000;

/** The streams between one worker and the coordinator: one at a time, redialled for ever. */
export class VirtualLink {
  readonly #ends: LinkEnds;
  readonly #world: LinkWorld;
  readonly #name: string;
  /** What each side takes for the present stream; they differ after a break that one has not noticed. */
  readonly #at: Record<End, Stream | null> = { worker: null, coordinator: null };
  #sessions = 0;
  #isDialling = false;
  /** Until then nothing passes in a direction, and no stream can be opened. */
  readonly #blockedUntil: Record<Direction, Millis> = { up: 0, down: 0 };

  constructor(name: string, ends: LinkEnds, world: LinkWorld) {
    this.#name = name;
    this.#ends = ends;
    this.#world = world;
  }

  /** The session under which the coordinator knows the worker now. */
  get session(): string | null {
    return this.#at.coordinator?.session ?? null;
  }

  /** The worker begins to dial, and goes on until a stream stands. */
  dial(): void {
    if (this.#isDialling || this.#at.worker !== null) return;
    this.#isDialling = true;
    const { simulation, random } = this.#world;
    simulation.after(RECONNECT_MS_MIN + random.below(RECONNECT_MS_SPAN), () => {
      this.#isDialling = false;
      if (this.#at.worker !== null) return;
      if (this.#ends.canOpen() && !this.#isBlocked("up") && !this.#isBlocked("down")) this.#open();
      else this.dial();
    });
  }

  /** A daemon died: its end is gone at once, the other one notices. */
  died(end: End): void {
    const stream = this.#at[end];
    this.#at[end] = null;
    if (stream !== null) this.#breakDown(stream);
  }

  /** One end closes the stream. */
  close(end: End): void {
    const stream = this.#at[end];
    if (stream === null) return;
    this.#notice(end, stream);
    this.#breakDown(stream);
  }

  /** Sends a frame, or drops it when this side has no stream. */
  send(direction: Direction, frame: Frame): void {
    const stream = this.#at[direction === "up" ? "worker" : "coordinator"];
    if (stream === null || (direction === "up" && !stream.isConnected)) return;
    const { faults } = this.#world;
    if (stream.isBroken || this.#isBlocked(direction)) return;
    if (faults.strikes("streamBroken")) {
      this.#breakDown(stream);
      return;
    }
    if (faults.strikes("partition")) {
      this.#part(stream, direction);
      return;
    }
    stream.sent[direction] += 1;
    if (faults.strikes("messageLost")) return;
    const number = stream.sent[direction];
    const deliver = (): void => this.#deliver(direction, stream, frame);
    this.#later(direction, stream, () => {
      if (number < stream.newestArrived[direction]) faults.count("messageReordered");
      stream.newestArrived[direction] = Math.max(stream.newestArrived[direction], number);
      deliver();
    });
    if (!faults.draws("messageDuplicated")) return;
    this.#later(direction, stream, () => {
      faults.count("messageDuplicated");
      deliver();
    });
  }

  #open(): void {
    this.#sessions += 1;
    const stream: Stream = {
      session: `${this.#name}#${this.#sessions}`,
      isBroken: false,
      isConnected: false,
      lastArrival: { up: 0, down: 0 },
      sent: { up: 0, down: 0 },
      newestArrived: { up: 0, down: 0 },
    };
    this.#at.worker = stream;
    const greeting = this.#ends.greeting();
    this.#later("up", stream, () => {
      // It died while the greeting was under way: nobody is there to take it.
      if (!this.#ends.canOpen()) {
        this.#breakDown(stream);
        return;
      }
      this.#at.coordinator = stream;
      this.#later("down", stream, () => {
        if (this.#at.worker !== stream) return;
        stream.isConnected = true;
        this.#ends.connected(stream.session);
      });
      this.#ends.greeted(stream.session, greeting);
    });
  }

  #later(direction: Direction, stream: Stream, arrive: () => void): void {
    const { faults, random, simulation } = this.#world;
    let at = Math.max(simulation.now + LATENCY_MS_MIN + random.below(LATENCY_MS_SPAN), stream.lastArrival[direction]);
    // A late frame lets those overtake it that are sent after it.
    if (stream.isConnected && faults.draws("messageReordered")) at += 1 + random.below(REORDER_MS_SPAN);
    else stream.lastArrival[direction] = at;
    simulation.after(at - simulation.now, () => {
      // What was under way when a stream broke is lost.
      if (!stream.isBroken && !this.#isBlocked(direction)) arrive();
    });
  }

  #isBlocked(direction: Direction): boolean {
    return this.#world.simulation.now < this.#blockedUntil[direction];
  }

  // One way or both: the side that still sends learns nothing until the stream is given up.
  #part(stream: Stream, direction: Direction): void {
    const { random, simulation } = this.#world;
    const lastsMs = PARTITION_MS_MIN + random.below(PARTITION_MS_SPAN);
    const other = direction === "up" ? "down" : "up";
    this.#blockedUntil[direction] = simulation.now + lastsMs;
    if (random.chance(1, 2)) this.#blockedUntil[other] = simulation.now + lastsMs;
    simulation.after(lastsMs, () => this.#breakDown(stream));
  }

  #deliver(direction: Direction, stream: Stream, frame: Frame): void {
    if (direction === "up") {
      if (this.#at.coordinator === stream) this.#ends.toCoordinator(stream.session, frame);
    } else if (this.#at.worker === stream) this.#ends.toWorker(stream.session, frame);
  }

  #breakDown(stream: Stream): void {
    if (stream.isBroken) return;
    stream.isBroken = true;
    const { faults, random, simulation } = this.#world;
    for (const end of ["worker", "coordinator"] as const) {
      if (this.#at[end] !== stream) continue;
      const isLate = faults.strikes("breakUnnoticed");
      const noticeMs = random.below(isLate ? LATE_NOTICE_MS_SPAN : NOTICE_MS_SPAN);
      simulation.after(noticeMs, () => this.#notice(end, stream));
    }
  }

  // A daemon that died, or that has a newer stream already, is told nothing.
  #notice(end: End, stream: Stream): void {
    if (this.#at[end] !== stream) return;
    this.#at[end] = null;
    if (end === "coordinator") {
      this.#ends.goneForCoordinator(stream.session);
      return;
    }
    if (stream.isConnected) this.#ends.goneForWorker(stream.session);
    this.dial();
  }
}
