// How long to wait for a coordinator that does not answer or hangs up, and when to forget one that nobody vouches for.

const RETRY_FIRST_MS = 200;
const RETRY_MAX_MS = 5_000;
// After a refusal (not registered, wrong network) only the operator can help, so there is no hurry.
const REFUSED_RETRY_MS = 15_000;
/** A stranger is forgotten after so many links in a row that were of no use; gossip or the DHT may name it again. */
const STRANGER_TRIES_MAX = 5;

/** How a link came to its end. */
export interface LinkEnd {
  /** Whether work came over it, or it stood for long: a greeting alone costs a stranger nothing. */
  readonly useful: boolean;
  readonly refused: boolean;
}

/** The patience with one coordinator. */
export class Patience {
  readonly #isStranger: boolean;
  #failures = 0;
  #waitMs = RETRY_FIRST_MS;

  constructor(isStranger: boolean) {
    this.#isStranger = isStranger;
  }

  /** Milliseconds until the next try, or null when the coordinator is to be forgotten. */
  after({ useful, refused }: LinkEnd): number | null {
    if (useful) {
      this.#failures = 0;
      this.#waitMs = RETRY_FIRST_MS;
    } else this.#failures += 1;
    if (this.#isStranger && this.#failures >= STRANGER_TRIES_MAX) return null;
    const waitMs = refused ? REFUSED_RETRY_MS : this.#waitMs;
    this.#waitMs = Math.min(2 * this.#waitMs, RETRY_MAX_MS);
    return waitMs;
  }
}

const AVOID_FIRST_MS = 30_000;
const AVOID_MAX_MS = 2 * 60_000;
/** Peers that are avoided at once; the one that was forgotten first is the first to be tried again. */
const AVOIDED_MAX = 1_024;

/** Strangers that were given up: whoever names them again does not bring them back at once. */
export class AvoidedPeers {
  readonly #peers = new Map<string, { readonly until: number; readonly ms: number }>();

  /** Avoids a peer, each time for longer. `now` is of a monotonic clock, milliseconds. */
  add(peerId: string, now: number): void {
    const ms = Math.min(2 * (this.#peers.get(peerId)?.ms ?? AVOID_FIRST_MS / 2), AVOID_MAX_MS);
    this.#peers.delete(peerId);
    this.#peers.set(peerId, { until: now + ms, ms });
    const oldest = this.#peers.keys().next();
    if (this.#peers.size > AVOIDED_MAX && oldest.done === false) this.#peers.delete(oldest.value);
  }

  /** Forgives a peer that was of use after all. */
  delete(peerId: string): void {
    this.#peers.delete(peerId);
  }

  /** Whether it is too early for another try. */
  has(peerId: string, now: number): boolean {
    const found = this.#peers.get(peerId);
    return found !== undefined && now < found.until;
  }
}
