// A journal in memory with the same promises, for tests: its disk outlives it, as a real one outlives a process.
import { assert, type Millis } from "@starling/kernel";
import { decodeValue, encodeValue } from "./encoding.ts";
import { type AppendReceipt, type Journal, JournalError, type JournalGroup, type JournalSnapshot } from "./journal.ts";

import { pruned } from "./journal-errors.ts";

/** What survives a crash. Values are kept encoded, so that nothing is shared with the process that wrote them. */
export class MemoryDisk {
  readonly groups: {
    readonly firstSeq: number;
    readonly at: Millis;
    readonly epoch: number;
    readonly text: string;
    readonly count: number;
  }[] = [];
  readonly snapshots: { readonly seq: number; readonly at: Millis; readonly text: string }[] = [];
  epoch = 0;
  locked = false;

  /** Frees the lock, as the kernel does when a process dies. */
  crash(): void {
    this.locked = false;
  }
}

/** See `Journal`; appending resolves in a microtask. */
export class MemoryJournal implements Journal {
  readonly #disk: MemoryDisk;
  #phase: "closed" | "opened" | "replayed" = "closed";
  #epoch = 0;

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get lastSeq(): number {
    const last = this.#disk.groups.at(-1);
    return last === undefined ? (this.#disk.snapshots.at(-1)?.seq ?? 0) : last.firstSeq + last.count - 1;
  }

  async open(): Promise<void> {
    assert(this.#phase === "closed", "the journal is open already");
    if (this.#disk.locked)
      throw new JournalError("journalLocked", "the journal is in use. Stop the other process first");
    this.#disk.locked = true;
    this.#disk.epoch += 1;
    this.#epoch = this.#disk.epoch;
    this.#phase = "opened";
  }

  async latestSnapshot(): Promise<JournalSnapshot | null> {
    const last = this.#disk.snapshots.at(-1);
    return last === undefined ? null : { seq: last.seq, at: last.at, state: decodeValue(last.text) };
  }

  async *replay(afterSeq: number): AsyncGenerator<JournalGroup> {
    let seq = afterSeq;
    for (const group of this.#disk.groups) {
      if (group.firstSeq <= afterSeq) continue;
      if (group.firstSeq !== seq + 1)
        throw new JournalError("journalLost", `facts ${seq + 1} to ${group.firstSeq - 1} are gone`);
      seq += group.count;
      yield { firstSeq: group.firstSeq, at: group.at, epoch: group.epoch, facts: decodeValue(group.text) as unknown[] };
    }
    this.#phase = "replayed";
  }

  async *history(afterSeq: number): AsyncGenerator<JournalGroup> {
    const oldest = this.#disk.groups[0]?.firstSeq ?? this.lastSeq + 1;
    if (afterSeq < this.lastSeq && afterSeq + 1 < oldest) throw pruned(afterSeq + 1);
    for (const group of [...this.#disk.groups]) {
      if (group.firstSeq + group.count - 1 <= afterSeq) continue;
      const known = Math.max(0, afterSeq + 1 - group.firstSeq);
      const facts = (decodeValue(group.text) as unknown[]).slice(known);
      yield { firstSeq: group.firstSeq + known, at: group.at, epoch: group.epoch, facts };
    }
  }

  async append(facts: readonly string[], at: Millis): Promise<AppendReceipt> {
    assert(this.#phase === "replayed", `the journal cannot append while it is ${this.#phase}`);
    assert(facts.length > 0, "an append holds at least one fact");
    const firstSeq = this.lastSeq + 1;
    const text = `[${facts.join(",")}]`;
    this.#disk.groups.push({ firstSeq, at, epoch: this.#epoch, text, count: facts.length });
    return { firstSeq, lastSeq: firstSeq + facts.length - 1, bytes: text.length };
  }

  async saveSnapshot(snapshot: JournalSnapshot): Promise<number> {
    assert(this.#phase === "replayed" && snapshot.seq === this.lastSeq, "a snapshot is taken right after an append");
    const text = encodeValue(snapshot.state);
    this.#disk.snapshots.push({ seq: snapshot.seq, at: snapshot.at, text });
    if (this.#disk.snapshots.length > 2) this.#disk.snapshots.shift();
    const oldest = this.#disk.snapshots.length === 2 ? (this.#disk.snapshots[0]?.seq ?? 0) : 0;
    while ((this.#disk.groups[0]?.firstSeq ?? Number.POSITIVE_INFINITY) <= oldest) this.#disk.groups.shift();
    return text.length;
  }

  async close(): Promise<void> {
    if (this.#phase !== "closed") this.#disk.locked = false;
    this.#phase = "closed";
  }
}
