// Warm sandboxes, each bound to the first payer that uses it: no payer meets what another one left behind.

/** What the pool needs of a sandbox. */
export interface Lendable {
  readonly dead: boolean;
  kill(): Promise<void>;
}

interface Entry<S> {
  readonly sandbox: Promise<S>;
  payer: string | undefined;
  busy: boolean;
}

/** The daemon's own programs run under this name: they leave nothing that a payer could meet, so they bind no sandbox. */
export const OWN_PROGRAMS = "";

/** A sandbox on loan; give it back exactly once. */
export interface Loan<S> {
  readonly sandbox: S;
  /** Frees the slot. A dead sandbox is replaced. */
  release(): void;
}

/** Keeps up to `slots` sandboxes and lends them. */
export class SandboxPool<S extends Lendable> {
  readonly #start: () => Promise<S>;
  readonly #slots: number;
  readonly #entries = new Set<Entry<S>>();
  readonly #waiting: (() => void)[] = [];
  #closed = false;

  constructor(start: () => Promise<S>, slots: number) {
    this.#start = start;
    this.#slots = slots;
  }

  /** Fills the pool, so that the first tasks find sandboxes that have already started. */
  warm(): void {
    while (!this.#closed && this.#entries.size < this.#slots) this.#add();
  }

  /** Lends a sandbox to a payer, as soon as there is a free slot. Rejects when none can be started, or on abort. */
  async acquire(payer: string, { signal }: { readonly signal: AbortSignal }): Promise<Loan<S>> {
    for (;;) {
      signal.throwIfAborted();
      if (this.#closed) throw new Error("the executor is closed");
      const entry = this.#pick(payer);
      if (entry === undefined) {
        await this.#slotFreed(signal);
        continue;
      }
      const loan = await this.#lend(entry, payer);
      if (!loan.sandbox.dead) return loan;
      // It died while it was idle; giving it back replaces it.
      loan.release();
    }
  }

  /** Kills all sandboxes; loans end with their sandbox's death. */
  async close(): Promise<void> {
    this.#closed = true;
    const entries = [...this.#entries];
    this.#entries.clear();
    this.#wakeAll();
    await Promise.allSettled(entries.map(async ({ sandbox }) => (await sandbox).kill()));
  }

  // Best first: the payer's own, one that nobody has used, a new one; else a stranger's idle one makes room.
  #pick(payer: string): Entry<S> | undefined {
    const idle = [...this.#entries].filter((entry) => !entry.busy);
    const fit = idle.find((entry) => entry.payer === payer) ?? idle.find((entry) => entry.payer === undefined);
    if (fit !== undefined) return fit;
    if (this.#entries.size < this.#slots) return this.#add();
    const [stranger] = idle;
    if (stranger === undefined) return undefined;
    this.#drop(stranger);
    return this.#add();
  }

  async #lend(entry: Entry<S>, payer: string): Promise<Loan<S>> {
    entry.busy = true;
    if (payer !== OWN_PROGRAMS) entry.payer = payer;
    try {
      const sandbox = await entry.sandbox;
      return { sandbox, release: () => this.#release(entry, sandbox) };
    } catch (error) {
      this.#entries.delete(entry);
      this.#wakeOne();
      throw error;
    }
  }

  #release(entry: Entry<S>, sandbox: S): void {
    entry.busy = false;
    if (sandbox.dead) {
      this.#entries.delete(entry);
      this.warm();
    }
    this.#wakeOne();
  }

  #add(): Entry<S> {
    const entry: Entry<S> = { sandbox: this.#start(), payer: undefined, busy: false };
    // A failed start shows when it is lent; until then it must not count as unhandled.
    entry.sandbox.catch(() => undefined);
    this.#entries.add(entry);
    return entry;
  }

  #drop(entry: Entry<S>): void {
    this.#entries.delete(entry);
    entry.sandbox.then((sandbox) => sandbox.kill()).catch(() => undefined);
  }

  async #slotFreed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        const at = this.#waiting.indexOf(done);
        if (at >= 0) this.#waiting.splice(at, 1);
        resolve();
      };
      this.#waiting.push(done);
      signal.addEventListener("abort", done);
    });
  }

  #wakeOne(): void {
    this.#waiting[0]?.();
  }

  #wakeAll(): void {
    while (this.#waiting.length > 0) this.#wakeOne();
  }
}
