// What `job run` says while a job runs: its progress once a second, every trouble, and what a silent job waits for.
import type { WatchJobResponse } from "@starling/protocol/rpc";
import { type StarlingClient, StarlingError } from "@starling/sdk";
import type { Context } from "../context.ts";
import { eventLine } from "../output/event.ts";

const PROGRESS_MS = 1_000;
/** So long a job may be silent before somebody wants to know why. */
const SILENCE_MS = 5_000;

/** Speaks until it is ended. */
export class RunProgress {
  readonly #context: Context;
  readonly #client: StarlingClient;
  readonly #jobId: string;
  readonly #timer: NodeJS.Timeout;
  #heardAt = performance.now();
  #progressAt = Number.NEGATIVE_INFINITY;
  #state = "";
  #hint = "";
  #isAsking = false;

  constructor(context: Context, client: StarlingClient, jobId: string) {
    this.#context = context;
    this.#client = client;
    this.#jobId = jobId;
    this.#timer = setInterval(() => void this.#explainSilence(), SILENCE_MS);
  }

  /** Something happened. */
  tell(message: WatchJobResponse): void {
    this.#heardAt = performance.now();
    this.#hint = "";
    const line = eventLine(message);
    if (line !== null && this.#isNews(message)) this.#context.say(line);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  // A task that goes well is told by the job's own counts.
  #isNews({ event }: WatchJobResponse): boolean {
    if (event?.$case === "task") return (event.value.reason?.message ?? "") !== "";
    if (event?.$case !== "job") return true;
    const { state } = event.value;
    if (state === this.#state && this.#heardAt - this.#progressAt < PROGRESS_MS) return false;
    this.#state = state;
    this.#progressAt = this.#heardAt;
    return true;
  }

  async #explainSilence(): Promise<void> {
    if (this.#isAsking || performance.now() - this.#heardAt < SILENCE_MS) return;
    this.#isAsking = true;
    const hint = await this.#reason();
    this.#isAsking = false;
    if (hint === "" || hint === this.#hint) return;
    this.#hint = hint;
    this.#context.say(hint);
  }

  async #reason(): Promise<string> {
    try {
      const { waiting } = await this.#client.jobs.explainJob({ jobId: this.#jobId });
      const [first] = waiting;
      return first === undefined ? "" : `  waits: ${first.message}; what would change it: ${first.change}`;
    } catch (error) {
      return error instanceof StarlingError && error.retryHelps ? `  ${error.message}; trying again` : "";
    }
  }
}
