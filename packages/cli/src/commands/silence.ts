// Says on standard error what a job waits for when it has been silent for a while, and once that the chain does not answer.
import type { ExplainJobResponse } from "@starling/protocol/rpc";
import { type StarlingClient, StarlingError } from "@starling/sdk";
import type { Context } from "../context.ts";

/** So long a job may be silent before somebody wants to know why. */
const SILENCE_MS = 5_000;

type Waiting = ExplainJobResponse["waiting"][number];

/** Listens until it is ended. */
export class Silence {
  readonly #context: Pick<Context, "say">;
  readonly #client: StarlingClient;
  readonly #jobId: string;
  readonly #timer: NodeJS.Timeout;
  #heardAt = performance.now();
  #hint = "";
  #chainSince: bigint | null = null;
  #isAsking = false;
  #hasEnded = false;

  constructor(context: Pick<Context, "say">, client: StarlingClient, jobId: string) {
    this.#context = context;
    this.#client = client;
    this.#jobId = jobId;
    this.#timer = setInterval(() => void this.#explain(), SILENCE_MS);
  }

  /** Something happened. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#hint = "";
  }

  end(): void {
    this.#hasEnded = true;
    clearInterval(this.#timer);
  }

  async #explain(): Promise<void> {
    if (this.#isAsking || performance.now() - this.#heardAt < SILENCE_MS) return;
    this.#isAsking = true;
    const hint = await this.#reason();
    this.#isAsking = false;
    if (this.#hasEnded || hint === "" || hint === this.#hint) return;
    this.#hint = hint;
    this.#context.say(hint);
  }

  async #reason(): Promise<string> {
    try {
      const { waiting } = await this.#client.jobs.explainJob({ jobId: this.#jobId });
      const [first] = waiting;
      if (first === undefined) return "";
      return first.code === "chainUnreachable" ? this.#aboutChain(first) : sentence(first);
    } catch (error) {
      return error instanceof StarlingError && error.retryHelps ? `  ${error.message}; trying again` : "";
    }
  }

  // Once for each time that it goes away: whatever else waits meanwhile may wait for nothing but the chain.
  #aboutChain(chain: Waiting): string {
    if (chain.sinceMs === this.#chainSince) return "";
    this.#chainSince = chain.sinceMs;
    return sentence(chain);
  }
}

function sentence({ message, change }: Waiting): string {
  return `  waits: ${message}; what would change it: ${change}`;
}
