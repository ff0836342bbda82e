// How many bytes a peer may still push: no more than the outputs of the answers that are awaited from it.
import type { Cid, LeaseId } from "@starling/protocol";

/** The leases whose answers a peer may show now, each with the bytes that its outputs may have. */
export type AwaitedOf = (peerId: string) => ReadonlyMap<LeaseId, number>;

interface Account {
  awaited: ReadonlyMap<LeaseId, number>;
  used: number;
  readonly files: Set<Cid>;
}

/** The accounts of all peers; one that owes no answer has none. */
export class UploadQuota {
  readonly #awaitedOf: AwaitedOf;
  readonly #accounts = new Map<string, Account>();

  constructor(awaitedOf: AwaitedOf) {
    this.#awaitedOf = awaitedOf;
  }

  /** Whether the peer may push a file of that many bytes now. */
  allows(peerId: string, size: number): boolean {
    const account = this.#settled(peerId);
    return account !== null && account.used + size <= sum(account.awaited.values());
  }

  /** A peer begins to push a file; the same file again, after a break, costs nothing more. */
  note(peerId: string, { cid, size }: { readonly cid: Cid; readonly size: number }): void {
    const account = this.#settled(peerId);
    if (account === null || account.files.has(cid)) return;
    account.files.add(cid);
    account.used += size;
  }

  // An answer that has come, or is not awaited any more, takes its share of what was pushed with it.
  #settled(peerId: string): Account | null {
    const awaited = this.#awaitedOf(peerId);
    if (awaited.size === 0) {
      this.#accounts.delete(peerId);
      return null;
    }
    const known = this.#accounts.get(peerId) ?? { awaited, used: 0, files: new Set<Cid>() };
    for (const [leaseId, bytes] of known.awaited)
      if (!awaited.has(leaseId)) known.used = Math.max(0, known.used - bytes);
    known.awaited = awaited;
    this.#accounts.set(peerId, known);
    return known;
  }
}

function sum(amounts: Iterable<number>): number {
  let total = 0;
  for (const amount of amounts) total += amount;
  return total;
}
