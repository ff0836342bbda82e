// A devnet whose daemons die over their money, behind lines that lose, delay and repeat, on a chain that takes blocks back.
import { randomInt } from "node:crypto";
import { keyFromSeed, type RandomStream, randomStreams } from "@starling/kernel";
import { followJob, StarlingError } from "@starling/sdk";
import { expect } from "vitest";
import { closeEscrow } from "../../scripts/demo/settlement.ts";
import { deadline } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { TestDevnet } from "../harness/test-devnet.ts";
import type { Deaths } from "./settlement-places.ts";
import { Arming, Shooting } from "./shooting.ts";

/** Longest life of one job under fire, its escrow's end included: the first may meet most of the kills, each a start of a daemon. */
const jobMsMax = 600_000;

/** A running course. */
export class SettlementCourse {
  readonly net: TestDevnet;
  readonly jobs: string[] = [];
  readonly escrows = new Set<string>();
  readonly random: RandomStream;
  readonly #seed: number;
  readonly #shooting: Shooting;
  readonly #stop = new AbortController();

  private constructor(net: TestDevnet, arming: Arming, seed: number) {
    this.net = net;
    this.#seed = seed;
    this.random = randomStreams(keyFromSeed(seed))("course");
    const { random } = this;
    this.#shooting = new Shooting({ net, arming, random, seed, signal: this.#stop.signal });
  }

  /** Starts a devnet. */
  static async start(workers: number, seed: number): Promise<SettlementCourse> {
    const arming = new Arming();
    const { environmentOf } = arming;
    return new SettlementCourse(await TestDevnet.start({ workers, referee: false, environmentOf }), arming, seed);
  }

  /** Every kill that happened, for people. */
  get killed(): readonly string[] {
    return this.#shooting.killed;
  }

  get reorgs(): number {
    return this.#shooting.reorgs;
  }

  /** Kills daemons as these lists say while jobs are paid one after the other, and escrows closed behind them if that is wanted. */
  async run(
    victims: ReadonlyMap<string, Deaths>,
    jobs: { readonly tasks: number; readonly closes: boolean },
  ): Promise<void> {
    let open = true;
    const shooting = Promise.all([...victims].map(([name, deaths]) => this.#shooting.shoot(name, deaths))).finally(
      () => {
        open = false;
      },
    );
    const feeding = async (): Promise<void> => {
      while (open) await this.#payOneJob(jobs);
    };
    try {
      await Promise.all([shooting, feeding()]);
    } catch (error) {
      this.#stop.abort(error);
      throw new Error(`after ${this.killed.length} kills, the last of ${this.killed.at(-1)}, seed ${this.#seed}`, {
        cause: error,
      });
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("the course is over"));
    await this.net.stop();
    await this.#shooting.close();
  }

  async #payOneJob({ tasks, closes }: { readonly tasks: number; readonly closes: boolean }): Promise<void> {
    const file = writeJob(this.net.home, { name: `paid-${this.jobs.length}`, range: [0, tasks - 1] });
    const key = `settlement-${this.jobs.length}-${randomInt(2 ** 40)}`;
    const signal = deadline(`job ${this.jobs.length} and its escrow`, jobMsMax);
    const { jobId } = await this.#insist(() => this.net.submit(file, key), signal);
    this.jobs.push(jobId);
    for await (const _ of followJob(this.net.client, jobId, { signal, patienceMs: jobMsMax }));
    const { job } = await this.#insist(() => this.net.client.jobs.getJob({ jobId }), signal);
    expect(job).toMatchObject({ state: "completed" });
    const escrowId = job?.escrowId ?? "";
    this.escrows.add(escrowId);
    if (closes) await this.#insist(() => closed(this.net, escrowId, signal), signal);
  }

  /** Closes what is open, on lines that are sound again. */
  async end(): Promise<void> {
    this.#shooting.cease();
    const signal = deadline("the escrows' end");
    for (const escrowId of this.escrows) await this.#insist(() => closed(this.net, escrowId, signal), signal);
  }

  // The coordinator may die over any call: it is made again, as a user would.
  async #insist<T>(call: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      this.#stop.signal.throwIfAborted();
      await this.net.answering();
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof StarlingError && error.retryHelps)) throw error;
      }
    }
  }
}

// A coordinator that died after it had closed the escrow does not know of a wish to close it.
async function closed(net: TestDevnet, escrowId: string, signal: AbortSignal): Promise<void> {
  const books = await net.client.ledger.getLedger({ of: { $case: "escrowId", value: escrowId } }, { signal });
  if (books.state === "closed") return;
  await closeEscrow(net.client, escrowId, { signal });
}
