// A devnet for tests and benchmarks: in a folder of its own, driven from this process, gone without a trace at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ChainNetwork, ChainQueries, RpcClient } from "@starling/node-kit";
import type { Job, WatchJobResponse } from "@starling/protocol/rpc";
import {
  followJob,
  loadPayer,
  prepareJob,
  type StarlingClient,
  StarlingError,
  type Submitted,
  sizesFrom,
  submitJob,
  waitForJob,
} from "@starling/sdk";
import { Devnet, type DevnetOptions } from "../../scripts/devnet/devnet.ts";
import { deadline } from "./deadline.ts";
import { type Ran, type RunOptions, run } from "./processes.ts";

/** The repository's root. */
export const root = resolve(import.meta.dirname, "../..");
/** The command line's program. */
export const starlingProgram = join(root, "packages/cli/src/bin/starling.ts");
/** The demo's job. */
export const digitsJob = join(root, "examples/digits-sweep/job.yaml");

/** Pause between two tries of a call, while a coordinator starts. */
const backOffMs = 50;

/** A running devnet with a client, the payer's key and the command line. */
export class TestDevnet {
  readonly devnet: Devnet;
  readonly client: StarlingClient;
  readonly home: string;
  readonly rpc: RpcClient;
  readonly queries: ChainQueries;

  private constructor(home: string, devnet: Devnet) {
    this.home = home;
    this.devnet = devnet;
    this.client = devnet.client();
    // Nobody answers for a chain that there is not.
    this.rpc = new RpcClient(devnet.state().rpcUrl || "http://no-chain.invalid");
    this.queries = new ChainQueries(this.rpc, this.chain);
  }

  /** Starts one; five honest workers and a referee unless the options say otherwise. */
  static async start(options: Partial<DevnetOptions> = {}): Promise<TestDevnet> {
    const home = mkdtempSync(join(tmpdir(), "starling-test-"));
    const usual = { home, workers: 5, referee: true, separateBootstrap: false };
    try {
      return new TestDevnet(
        home,
        await Devnet.start({ ...usual, ...options }, { signal: deadline("devnet", 100_000) }),
      );
    } catch (error) {
      rmSync(home, { recursive: true, force: true });
      throw error;
    }
  }

  get chain(): ChainNetwork {
    return this.devnet.ground.chain;
  }

  /** Resolves when the coordinator answers this client, which backs off for a while after each failure to connect. */
  async answering(): Promise<void> {
    const signal = deadline("the coordinator answers");
    await this.devnet.serving({ signal });
    for (;;) {
      try {
        await this.client.nodes.listNodes({ pageSize: 1, pageToken: "", states: [] }, { signal });
        return;
      } catch (error) {
        if (!(error instanceof StarlingError && error.retryHelps)) throw error;
        await delay(backOffMs, undefined, { signal });
      }
    }
  }

  /** Submits a job file as the payer. */
  async submit(file: string, idempotencyKey?: string): Promise<Submitted> {
    const payer = await loadPayer(this.devnet.places.payerKeyFile);
    const prepared = await prepareJob(file, sizesFrom(this.client));
    const options = { signal: deadline("submit"), ...(idempotencyKey === undefined ? {} : { idempotencyKey }) };
    return await submitJob(this.client, { prepared, payer }, options);
  }

  /** The job as it ended; its payments may still be under way. */
  async ended(jobId: string, limitMs?: number): Promise<Job> {
    return await waitForJob(this.client, jobId, { signal: deadline(`end of job ${jobId}`, limitMs) });
  }

  /** Everything that the watch of a job tells, until the job's money is final. */
  async settled(jobId: string, limitMs?: number): Promise<readonly WatchJobResponse[]> {
    const messages: WatchJobResponse[] = [];
    for await (const message of followJob(this.client, jobId, {
      signal: deadline(`settlement of job ${jobId}`, limitMs),
    }))
      messages.push(message);
    return messages;
  }

  /** Runs the command line against this devnet. */
  async starling(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return await run(starlingProgram, args, {
      ...options,
      environment: { STARLING_HOME: this.home, ...options.environment },
    });
  }

  /** Stops everything and removes the folder. */
  async stop(): Promise<void> {
    this.client.close();
    this.rpc.close();
    await this.devnet.stop();
    rmSync(this.home, { recursive: true, force: true });
  }
}
