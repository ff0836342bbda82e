// Whether the chain's node answers: what waits for the chain is explained by its silence first.

/** A chain that does not answer. */
export interface ChainSilence {
  /** Since when, milliseconds of the wall clock. */
  readonly since: number;
  /** Host and port of the node; the rest of its URL may hold a key. */
  readonly node: string;
}

/** Remembers what the watcher of heads tells. */
export class ChainHealth {
  readonly #node: string;
  #since: number | null = null;

  constructor(rpcUrl: string) {
    this.#node = new URL(rpcUrl).host;
  }

  /** The node answers at this moment, or does not. */
  tell(reachable: boolean, at: number): void {
    this.#since = reachable ? null : (this.#since ?? at);
  }

  /** Null while the node answers, and before it was asked for the first time. */
  get silence(): ChainSilence | null {
    return this.#since === null ? null : { since: this.#since, node: this.#node };
  }
}
