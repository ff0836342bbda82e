// The handle of a thread that runs kernels and products.
import { Worker } from "node:worker_threads";
import type { ThreadAnswer, ThreadOrder } from "./measure-thread.ts";

/** One thread with one question at a time. */
export class MeasuredThread {
  readonly #worker: Worker;
  #settle: { resolve(answer: ThreadAnswer): void; reject(error: Error): void } | undefined;
  #failure: Error | undefined;

  constructor() {
    this.#worker = new Worker(threadUrl(), { name: "measure" });
    this.#worker.on("message", (answer: ThreadAnswer) => this.#settle?.resolve(answer));
    this.#worker.on("error", (error: Error) => this.#fail(error));
    this.#worker.on("exit", () => this.#fail(new Error("a measured thread ended")));
  }

  /** Rejects when the thread has ended. */
  async ask(order: ThreadOrder): Promise<ThreadAnswer> {
    if (this.#failure !== undefined) throw this.#failure;
    return await new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#worker.postMessage(order);
    });
  }

  end(): void {
    void this.#worker.terminate();
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#settle?.reject(error);
  }
}

// The bundle has it beside the daemon, under the same name.
function threadUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./measure-thread.${extension}`, import.meta.url);
}
