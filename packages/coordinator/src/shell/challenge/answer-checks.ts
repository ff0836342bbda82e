// Answers to challenges are checked in a thread: sixty-four that come at once would hold up every worker's frames for seconds.
import { Worker } from "node:worker_threads";
import type { CheckAnswer, CheckOrder } from "./check-thread.ts";

/** An answer that is to be checked. */
export type Question = Omit<CheckOrder, "id">;

interface Waiting {
  resolve(isRight: boolean): void;
  reject(error: Error): void;
}

/** Checks answers; its thread is there only while any wait, since challenges are seldom. */
export class AnswerChecks {
  readonly #waiting = new Map<number, Waiting>();
  #thread: Worker | undefined;
  #lastId = 0;

  /** Whether the answer is right. Rejects when the signal aborts, or when the thread fails. */
  async check(question: Question, { signal }: { readonly signal: AbortSignal }): Promise<boolean> {
    signal.throwIfAborted();
    const thread = this.#thread ?? this.#start();
    this.#lastId += 1;
    const id = this.#lastId;
    const end = (): void => this.#end(thread, new Error("the coordinator stops"));
    signal.addEventListener("abort", end, { once: true });
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        thread.postMessage({ ...question, id } satisfies CheckOrder);
      });
    } finally {
      signal.removeEventListener("abort", end);
    }
  }

  #start(): Worker {
    const thread = new Worker(threadUrl(), { name: "check" });
    this.#thread = thread;
    thread.on("message", ({ id, isRight }: CheckAnswer) => {
      this.#waiting.get(id)?.resolve(isRight);
      this.#waiting.delete(id);
      if (this.#waiting.size === 0) this.#end(thread, new Error("nothing waits"));
    });
    thread.on("error", (error: Error) => this.#end(thread, error));
    return thread;
  }

  #end(thread: Worker, error: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    void thread.terminate();
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

// The bundle has it beside the daemon, under the same name.
function threadUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  return new URL(`./check-thread.${extension}`, import.meta.url);
}
