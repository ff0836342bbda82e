// What `job run` says while a job runs: its progress once a second, every trouble, and what a silent job waits for.
import type { Task, WatchJobResponse } from "@starling/protocol/rpc";
import type { StarlingClient } from "@starling/sdk";
import type { Context } from "../context.ts";
import { eventLine } from "../output/event.ts";
import { Silence } from "./silence.ts";

const PROGRESS_MS = 1_000;

/** Speaks until it is ended. */
export class RunProgress {
  readonly #context: Context;
  readonly #silence: Silence;
  #heardAt = performance.now();
  #progressAt = Number.NEGATIVE_INFINITY;
  #state = "";
  /** What was said last about each task. */
  readonly #reasons = new Map<string, string>();

  constructor(context: Context, client: StarlingClient, jobId: string) {
    this.#context = context;
    this.#silence = new Silence(context, client, jobId);
  }

  /** Something happened. */
  tell(message: WatchJobResponse): void {
    this.#heardAt = performance.now();
    this.#silence.heard();
    const line = eventLine(message);
    if (line !== null && this.#isNews(message)) this.#context.say(line);
  }

  end(): void {
    this.#silence.end();
  }

  // A task that goes well is told by the job's own counts.
  #isNews({ event }: WatchJobResponse): boolean {
    if (event?.$case === "task") return this.#isNewReason(event.value);
    if (event?.$case !== "job") return true;
    const { state } = event.value;
    if (state === this.#state && this.#heardAt - this.#progressAt < PROGRESS_MS) return false;
    this.#state = state;
    this.#progressAt = this.#heardAt;
    return true;
  }

  // A task keeps its reason through several states.
  #isNewReason({ taskId, reason }: Pick<Task, "taskId" | "reason">): boolean {
    const said = reason?.message ?? "";
    const isNew = said !== "" && this.#reasons.get(taskId) !== said;
    if (said === "") this.#reasons.delete(taskId);
    else this.#reasons.set(taskId, said);
    return isNew;
  }
}
