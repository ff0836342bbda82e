// The one thing that the machine does while nobody wants it, so that it can be ended at once.

/** A task or the owner wants the machine. */
export class MachineWanted extends Error {}

/** A challenge or a measurement. The core sees to it that there is one at most. */
export class SpareWork {
  #controller: AbortController | undefined;

  /** Does it until it is ended, or the signal aborts; rejects with `MachineWanted` when it was cut off by its end. */
  async run<T>(outer: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#controller = controller;
    try {
      return await work(AbortSignal.any([outer, controller.signal]));
    } catch (error) {
      controller.signal.throwIfAborted();
      throw error;
    } finally {
      if (this.#controller === controller) this.#controller = undefined;
    }
  }

  /** Ends what is under way; nothing where nothing is. */
  end(): void {
    this.#controller?.abort(new MachineWanted("the machine is wanted"));
  }
}
