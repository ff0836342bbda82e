// What a journal says when it refuses: each sentence names what happened, why, and what to try.
import { JournalError } from "./journal.ts";

const ACCEPT =
  ", or start once with the option to accept the journal's tail, knowing that what came after it is forgotten";

/** Bytes that are not those that were written. */
export function damaged(key: string, why: string, cause?: unknown): JournalError {
  return new JournalError(
    "journalDamaged",
    `journal record ${key} is damaged: ${why}. The disk returned other bytes than were written; check the disk, then restore the data directory from a backup`,
    { details: { key }, cause },
  );
}

/** Facts that were acknowledged and are not there. */
export function lost(first: number, last: number): JournalError {
  return new JournalError(
    "journalLost",
    `facts ${first} to ${last} were acknowledged but are gone from the journal: the disk lost or damaged them. Restore the data directory from a backup${ACCEPT}`,
    { details: { first, last } },
  );
}

/** A database that is older than the witness. */
export function rolledBack(epoch: number, witnessed: number): JournalError {
  return new JournalError(
    "journalLost",
    `the journal is of epoch ${epoch}, but epoch ${witnessed} was witnessed: an older copy was put back. Restore the newest backup${ACCEPT}`,
    { details: { epoch, witnessed } },
  );
}

/** A journal without its witness. */
export function unwitnessed(directory: string): JournalError {
  return new JournalError(
    "journalLost",
    `the tail witness of ${directory} is missing, so lost facts could not be noticed. Put the file back${ACCEPT}`,
  );
}

/** History that was given up for a snapshot, in good order. */
export function pruned(seq: number): JournalError {
  return new JournalError(
    "journalPruned",
    `fact ${seq} is older than what the journal keeps. Start again from the present state`,
    { details: { seq } },
  );
}
