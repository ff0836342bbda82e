// The port of the journal: numbered facts in durable groups, one group or more per turn, and snapshots beside them.
import type { Millis } from "@starling/kernel";

/** The facts of one turn (or a part of a big turn), read back and verified. */
export interface JournalGroup {
  /** Number of the first fact; the first fact of a journal is number 1. */
  readonly firstSeq: number;
  /** The turn's time. */
  readonly at: Millis;
  /** The epoch of the process that wrote it. */
  readonly epoch: number;
  readonly facts: readonly unknown[];
}

/** The durable state after a fact. */
export interface JournalSnapshot {
  /** The number of the last fact that the state holds. */
  readonly seq: number;
  /** The time of the turn of that fact. */
  readonly at: Millis;
  /** Plain data: `Map`, array, string, number, boolean, bigint, object. */
  readonly state: unknown;
}

/** What one append made durable. */
export interface AppendReceipt {
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Bytes written, which tell when a snapshot pays for itself. */
  readonly bytes: number;
}

/** A journal has one writer. Calls come in this order: open, latestSnapshot, replay to its end, then append and saveSnapshot. */
export interface Journal {
  /** Takes the lock, verifies the tail and raises the epoch durably. Throws `JournalError`. */
  open(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Grows by one at each open: a fencing token against a process that was thought dead. 0 before the first open. */
  readonly epoch: number;
  /** The number of the last durable fact, 0 when there is none. */
  readonly lastSeq: number;
  /** The newest snapshot that verifies, or null. */
  latestSnapshot(): Promise<JournalSnapshot | null>;
  /** All groups after a snapshot's fact (or after 0) in order; throws `JournalError` at a gap or a wrong checksum. */
  replay(afterSeq: number, options?: { readonly signal?: AbortSignal }): AsyncIterable<JournalGroup>;
  /** Durable facts after this one, as far as they go now; throws `journalPruned` when they were given up for a snapshot. */
  history(afterSeq: number, options?: { readonly signal?: AbortSignal }): AsyncIterable<JournalGroup>;
  /**
   * Writes facts in one atomic batch; resolves when they are on disk. A failure means unknown, not "not written". The facts come
   * as texts of `encodeValue`, made when they were recorded: an object that the state shares could have changed since.
   */
  append(facts: readonly string[], at: Millis): Promise<AppendReceipt>;
  /** Encodes the state before it first waits, then writes it; prunes what the one but last snapshot makes needless. Resolves to the bytes. */
  saveSnapshot(snapshot: JournalSnapshot): Promise<number>;
  /** Flushes the witness and gives up the lock. */
  close(): Promise<void>;
}

/** Why a journal refuses: held by another process, damaged bytes, facts that are gone, a newer format, a failed write, or history that was pruned. */
export type JournalErrorCode =
  | "journalLocked"
  | "journalDamaged"
  | "journalLost"
  | "journalNewer"
  | "journalWrite"
  | "journalPruned";

/** A journal that cannot be used. The message says what, why and what to try. */
export class JournalError extends Error {
  override readonly name = "JournalError";
  readonly code: JournalErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(
    code: JournalErrorCode,
    message: string,
    options: { details?: Record<string, string | number>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }
}
