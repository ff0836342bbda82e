// Work that several callers wait for and that is done once: it ends early only when nobody waits any more.

interface Job {
  readonly done: Promise<void>;
  readonly controller: AbortController;
  waiting: number;
}

/** Jobs by key. */
export class SharedWork {
  readonly #jobs = new Map<string, Job>();

  /** Joins the job of that key, or starts it. `began` tells whether this caller did. */
  join(key: string, signal: AbortSignal, start: (signal: AbortSignal) => Promise<void>): Shared {
    const known = this.#jobs.get(key);
    const job = known ?? this.#begin(key, start);
    job.waiting += 1;
    return { began: known === undefined, done: this.#wait(job, signal) };
  }

  #begin(key: string, start: (signal: AbortSignal) => Promise<void>): Job {
    const controller = new AbortController();
    const done = start(controller.signal).finally(() => this.#jobs.delete(key));
    // Everybody who waits gets the failure; when nobody is left, nobody has to.
    done.catch(() => undefined);
    const job: Job = { done, controller, waiting: 0 };
    this.#jobs.set(key, job);
    return job;
  }

  async #wait(job: Job, signal: AbortSignal): Promise<void> {
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(signal.reason);
    });
    left.catch(() => undefined);
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
    try {
      await Promise.race([job.done, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      job.waiting -= 1;
      if (job.waiting === 0) job.controller.abort(signal.reason ?? new Error("nobody waits for it any more"));
    }
  }
}

/** What `join` gives: whether this caller started the job, and its end. */
export interface Shared {
  readonly began: boolean;
  readonly done: Promise<void>;
}
