// A devnet whose daemons die over their money, behind lines that lose, delay and repeat, on a chain that takes blocks back.
import { randomInt } from "node:crypto";
import { keyFromSeed, type RandomStream, randomStreams } from "@starling/kernel";
import { reorganise } from "@starling/node-kit";
import { followJob, StarlingError } from "@starling/sdk";
import { expect } from "vitest";
import { closeEscrow } from "../../scripts/demo/settlement.ts";
import { deadline } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { faultPlan, honestPlan } from "../harness/rpc-faults.ts";
import { RpcProxy } from "../harness/rpc-proxy.ts";
import { TestDevnet } from "../harness/test-devnet.ts";
import { armed, type Kill } from "./failpoints.ts";
import { type Deaths, WirePlaces } from "./settlement-places.ts";

/** Of a thousand calls. Silence is rare, since it costs the time that a daemon waits for an answer. */
const faults = {
  delay: 60,
  late: 60,
  twice: 40,
  refuse: 15,
  refuseAfter: 15,
  cut: 10,
  cutAfter: 10,
  drop: 1,
  dropAfter: 1,
};
const longestMs = 150;
/** One receipt in so many arrives from a block that is being taken back. */
const reorgEvery = 4;
const reorgDepthMax = 2;
/** One life in so many begins before a node that has stopped to follow the chain, for so long. */
const staleEvery = 6;
const staleMs = 2_000;
/** Longest life of one job under fire, its escrow's end included: the first may meet most of the kills, each a start of a daemon. */
const jobMsMax = 600_000;
/** A snapshot makes older facts needless, and the audit reads every fact of the coordinator's life. */
const wholeHistory = { STARLING_KEEP_HISTORY: "true" };

/** A running course. */
export class SettlementCourse {
  readonly net: TestDevnet;
  /** Every kill that happened, for people. */
  readonly killed: string[] = [];
  readonly jobs: string[] = [];
  readonly escrows = new Set<string>();
  reorgs = 0;
  readonly random: RandomStream;
  readonly #seed: number;
  readonly #armed: Map<string, Kill>;
  readonly #lines: Map<string, RpcProxy>;
  readonly #stop = new AbortController();

  private constructor(parts: {
    net: TestDevnet;
    armed: Map<string, Kill>;
    lines: Map<string, RpcProxy>;
    seed: number;
  }) {
    this.net = parts.net;
    this.#armed = parts.armed;
    this.#lines = parts.lines;
    this.#seed = parts.seed;
    this.random = randomStreams(keyFromSeed(parts.seed))("course");
  }

  /** Starts a devnet. A daemon's line is spoilt from its second life on. */
  static async start(workers: number, seed: number): Promise<SettlementCourse> {
    const [armedKills, lines] = [new Map<string, Kill>(), new Map<string, RpcProxy>()];
    const environmentOf = (name: string): Readonly<Record<string, string>> => {
      const kill = armedKills.get(name);
      const line = lines.get(name);
      return {
        ...wholeHistory,
        ...(kill === undefined ? {} : armed(kill)),
        ...(line === undefined ? {} : { STARLING_RPC_URL: line.wsUrl }),
      };
    };
    const net = await TestDevnet.start({ workers, referee: false, environmentOf });
    return new SettlementCourse({ net, armed: armedKills, lines, seed });
  }

  /** Kills daemons as these lists say while jobs are paid one after the other, and escrows closed behind them if that is wanted. */
  async run(
    victims: ReadonlyMap<string, Deaths>,
    jobs: { readonly tasks: number; readonly closes: boolean },
  ): Promise<void> {
    let open = true;
    const shooting = Promise.all([...victims].map(([name, deaths]) => this.#shoot(name, deaths))).finally(() => {
      open = false;
    });
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
    for (const line of this.#lines.values()) await line.close();
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
    for (const line of this.#lines.values()) Object.assign(line, { plan: honestPlan, lies: {}, hook: () => undefined });
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

  async #shoot(name: string, { places, failpoints }: Deaths): Promise<void> {
    const open = new Set(places);
    const queue = [...failpoints];
    const line = await this.#line(name);
    const wire = new WirePlaces();
    let shot = false;
    line.hook = async (call, moment, result) => {
      for (const place of wire.at(call, moment, result)) {
        if (place.endsWith(" mined") && this.random.chance(1, reorgEvery)) await this.#takeBack();
        if (shot || !open.delete(place)) continue;
        shot = true;
        this.killed.push(`${name} at ${place}`);
        await this.net.devnet.daemon(name).kill();
        throw new Error(`${name} is dead`);
      }
    };
    await this.net.devnet.daemon(name).kill();
    while (open.size > 0 || queue.length > 0) {
      this.#stop.signal.throwIfAborted();
      const kill = queue.shift() ?? null;
      shot = false;
      wire.forget();
      this.#launch(name, kill);
      const end = await this.net.devnet.daemon(name).exited;
      this.#stop.signal.throwIfAborted();
      expect(end.signal, `${name} ended: ${end.reason}`).toBe("SIGKILL");
      if (!shot) this.killed.push(`${name} at ${kill?.failpoint}, hit ${kill?.hit}`);
      else if (kill !== null) queue.unshift(kill);
    }
    this.#launch(name, null);
  }

  #launch(name: string, kill: Kill | null): void {
    if (kill === null) this.#armed.delete(name);
    else this.#armed.set(name, kill);
    const line = this.#lines.get(name);
    if (line !== undefined && kill !== null && this.random.chance(1, staleEvery)) void this.#goStale(line);
    this.net.devnet.restart(name);
  }

  async #goStale(line: RpcProxy): Promise<void> {
    line.lies = { headNumber: Number(await this.net.rpc.request("eth_blockNumber", [])) };
    setTimeout(() => {
      line.lies = {};
    }, staleMs);
  }

  async #takeBack(): Promise<void> {
    await reorganise(this.net.rpc, 1 + this.random.below(reorgDepthMax));
    this.reorgs += 1;
  }

  async #line(name: string): Promise<RpcProxy> {
    const line = this.#lines.get(name) ?? (await RpcProxy.start(this.net.devnet.ground.anvil));
    this.#lines.set(name, line);
    line.plan = faultPlan(this.#seed + this.#lines.size, faults, longestMs);
    return line;
  }
}

// A coordinator that died after it had closed the escrow does not know of a wish to close it.
async function closed(net: TestDevnet, escrowId: string, signal: AbortSignal): Promise<void> {
  const books = await net.client.ledger.getLedger({ of: { $case: "escrowId", value: escrowId } }, { signal });
  if (books.state === "closed") return;
  await closeEscrow(net.client, escrowId, { signal });
}
