// A devnet whose daemons are killed while jobs run. Whatever was killed when: results, acknowledgements and books must come out right.
import { randomInt } from "node:crypto";
import type { Task } from "@starling/protocol/rpc";
import { followJob, StarlingError } from "@starling/sdk";
import { expect } from "vitest";
import { tasksOf } from "../../scripts/demo/findings.ts";
import { workersConnected } from "../../scripts/devnet/ready.ts";
import { deadline } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { localOutcome, resultsByName } from "../harness/local-outcome.ts";
import { digitsJob, TestDevnet } from "../harness/test-devnet.ts";
import { armed, type Kill } from "./failpoints.ts";

/** Enough for every worker: a task that fails is soon poison, and with it the job is over. */
const failingTasks = 16;
/** Longest life of one job under fire. */
const jobMsMax = 170_000;

/** A worker may be passed over by a job, be the liar and out of it, or come back when a short one is over; not so often in a row. */
const missesMax = 12;

/** A job under way. */
interface Scene {
  /** Settles when nothing more happens to it. */
  readonly over: Promise<void>;
  /** Looks at what came of it. */
  readonly check: () => Promise<void>;
}

/** A snapshot makes older facts needless, and the audit at the end reads every fact of the coordinator's life. */
const wholeHistory = { STARLING_KEEP_HISTORY: "true" };

/** A task that machines lose too often (`failuresMax`) ends as that and no longer as poison: fewer deaths than that in one job. */
const deathsOfFailingJob = 4;

/** What is done to whom. */
interface Plot {
  readonly victims: readonly string[];
  readonly begin: () => Promise<Scene>;
  /** Kills are armed before the job begins, since it does not last. */
  readonly isShort?: boolean;
}

/** A running course. */
export class Course {
  readonly net: TestDevnet;
  /** Every kill that happened, for people. */
  readonly killed: string[] = [];
  readonly jobs: string[] = [];
  readonly #armed: Map<string, Kill>;
  /** Results that the API has shown as accepted, by task. */
  readonly #acknowledged = new Map<string, string>();
  readonly #misses = new Map<string, number>();
  /** What each task must give. */
  readonly #right: ReadonlyMap<string, string>;

  private constructor(parts: { net: TestDevnet; kills: Map<string, Kill>; right: ReadonlyMap<string, string> }) {
    this.net = parts.net;
    this.#armed = parts.kills;
    this.#right = parts.right;
  }

  /** Starts a devnet with one liar, and computes what the job must give. */
  static async start(workers: number): Promise<Course> {
    const kills = new Map<string, Kill>();
    const environmentOf = (name: string): Readonly<Record<string, string>> => {
      const kill = kills.get(name);
      return { ...wholeHistory, ...(kill === undefined ? {} : armed(kill)) };
    };
    const named = [...resultsByName(await localOutcome(digitsJob))];
    const right = new Map(named.map(([name, { digest }]) => [name, digest]));
    return new Course({
      net: await TestDevnet.start({ workers, parts: [{ behaviour: "liar", count: 1 }], environmentOf }),
      kills,
      right,
    });
  }

  /** Submits the demo's job; once this resolves it must never be lost. */
  async submit(): Promise<string> {
    const { jobId } = await this.net.submit(digitsJob, `crash-${this.jobs.length}-${randomInt(2 ** 40)}`);
    this.jobs.push(jobId);
    return jobId;
  }

  /** Sends daemons through a list of kills while the demo's job runs, as often as it takes. Each time the outcome must be right. */
  async run(victims: readonly string[], kills: readonly Kill[]): Promise<void> {
    const begin = async (): Promise<Scene> => {
      const jobId = await this.submit();
      return { over: this.follow(jobId), check: () => this.checkJob(jobId) };
    };
    await this.#fire(kills, { victims, begin });
  }

  /** The same with a job whose program always fails: the verdict must not depend on who dies. */
  async runFailing(victims: readonly string[], kills: readonly Kill[]): Promise<void> {
    const wasm = "misbehave/exit-three.wasm";
    const failing = writeJob(this.net.home, { name: "failing", wasm, range: [0, failingTasks - 1] });
    const begin = async (): Promise<Scene> => {
      const { jobId } = await this.net.submit(failing);
      const check = async (): Promise<void> => {
        const { job } = await this.net.client.jobs.getJob({ jobId });
        expect(job).toMatchObject({ state: "failed", reason: { code: "poison" }, spent: "0" });
      };
      return { over: this.net.ended(jobId, jobMsMax).then(() => undefined), check };
    };
    for (let first = 0; first < kills.length; first += deathsOfFailingJob)
      await this.#fire(kills.slice(first, first + deathsOfFailingJob), { victims, begin, isShort: true });
  }

  /** The same with a job that never ends by itself and is cancelled: the payer's word must hold whoever dies over it. */
  async runCancelled(victims: readonly string[], kills: readonly Kill[]): Promise<void> {
    const wasm = "misbehave/endless-loop.wasm";
    const endless = writeJob(this.net.home, { name: "endless", wasm, timeout: "2m" });
    const begin = async (): Promise<Scene> => {
      const { jobId } = await this.net.submit(endless);
      const check = async (): Promise<void> => {
        const { job } = await this.net.client.jobs.getJob({ jobId });
        expect(job).toMatchObject({ state: "cancelled", spent: "0" });
        for (const { leases } of await this.tasks(jobId))
          for (const lease of leases) expect(["revoked", "declined", "expired", "failed"]).toContain(lease.state);
      };
      return { over: this.#cancelRunning(jobId), check };
    };
    await this.#fire(kills, { victims, begin });
  }

  // The answer to a cancellation may die with the coordinator: the payer asks again, as a person would.
  async #cancelRunning(jobId: string): Promise<void> {
    const signal = deadline(`cancellation of job ${jobId}`, jobMsMax);
    for await (const { event } of followJob(this.net.client, jobId, { signal, patienceMs: jobMsMax }))
      if (event?.$case === "job" && event.value.state === "running") break;
    for (;;) {
      signal.throwIfAborted();
      await this.net.answering();
      try {
        await this.net.client.jobs.cancelJob({ jobId });
        return;
      } catch (error) {
        if (!(error instanceof StarlingError && error.retryHelps)) throw error;
      }
    }
  }

  async #fire(kills: readonly Kill[], { victims, begin, isShort = false }: Plot): Promise<void> {
    let open = kills;
    for (let round = 0; open.length > 0; round += 1) {
      await this.net.answering();
      // Shares rotate: what the liar or a suspended worker does not meet somebody else will.
      const shares = victims.map((_, j) => open.filter((_kill, i) => (i + round) % victims.length === j));
      if (isShort) await this.#armWorkers(victims, shares);
      const { over, check } = await begin();
      const scene = { over: over.then(() => null), isArmed: isShort };
      const missed = await Promise.all(victims.map((name, j) => this.#shoot(name, shares[j] ?? [], scene)));
      await over;
      await this.net.answering();
      await check();
      open = missed.flat();
    }
  }

  // Each victim with its first kill, and back among the others; or dead, where it first does again what it died over.
  async #armWorkers(victims: readonly string[], shares: readonly (readonly Kill[])[]): Promise<void> {
    const { accounts } = this.net.devnet.ground;
    const signal = deadline("workers are back");
    const armed = victims.map(async (name, j) => {
      const [kill] = shares[j] ?? [];
      const account = accounts.workers[j];
      if (kill === undefined || account === undefined) return;
      await this.restart(name, kill);
      const asked = new AbortController();
      const isBack = workersConnected(this.net.client, [account.address], AbortSignal.any([asked.signal, signal]));
      await Promise.race([isBack, this.net.devnet.daemon(name).exited]);
      asked.abort();
      await isBack.catch(() => undefined);
    });
    await Promise.all(armed);
  }

  /** Follows a job to the end of its money, over every restart, and notes what the API acknowledges on the way. */
  async follow(jobId: string): Promise<void> {
    const options = { signal: deadline(`settlement of job ${jobId}`, jobMsMax), patienceMs: jobMsMax };
    for await (const { event } of followJob(this.net.client, jobId, options)) {
      // The coordinator may be dead by now; what it did not say it did not acknowledge.
      if (event?.$case === "task") await this.#note(jobId).catch(() => undefined);
    }
  }

  /** Kills a daemon wherever it is, and starts it again with a failpoint armed, or with none. */
  async restart(name: string, kill: Kill | null): Promise<void> {
    if (kill === null) this.#armed.delete(name);
    else this.#armed.set(name, kill);
    await this.net.devnet.daemon(name).kill();
    this.net.devnet.restart(name);
  }

  /** The job is complete, with the results that one process computes, and with all that was acknowledged. */
  async checkJob(jobId: string): Promise<void> {
    const { job } = await this.net.client.jobs.getJob({ jobId });
    expect(job).toMatchObject({ state: "completed" });
    const tasks = await this.tasks(jobId);
    expect(new Map(tasks.map((task) => [`${task.step}/${task.index}`, task.digest]))).toEqual(this.#right);
    const final = new Map(tasks.map((task) => [task.taskId, task.digest]));
    for (const [taskId, digest] of this.#acknowledged) {
      if (taskId.startsWith(jobId)) expect(final.get(taskId), taskId).toBe(digest);
    }
  }

  /** All tasks of a job with their leases. */
  async tasks(jobId: string): Promise<readonly Task[]> {
    return await tasksOf(this.net.client, jobId, { signal: deadline("tasks") });
  }

  async #note(jobId: string): Promise<void> {
    const { tasks } = await this.net.client.tasks.listTasks({ jobId, pageSize: 100, pageToken: "", states: [] });
    for (const task of tasks) {
      if (task.state === "accepted" || task.state === "final") this.#acknowledged.set(task.taskId, task.digest);
    }
  }

  // A failpoint that no job meets would go round for ever.
  #miss({ failpoint, hit }: Kill): void {
    const misses = (this.#misses.get(failpoint) ?? 0) + (hit === 1 ? 1 : 0);
    this.#misses.set(failpoint, misses);
    expect(misses, `jobs that did not meet ${failpoint}`).toBeLessThan(missesMax);
  }

  // Resolves with the kills that did not happen before the job was over.
  async #shoot(
    name: string,
    kills: readonly Kill[],
    { over, isArmed }: { readonly over: Promise<null>; readonly isArmed: boolean },
  ): Promise<readonly Kill[]> {
    for (const [i, kill] of kills.entries()) {
      if (i > 0 || !isArmed) await this.restart(name, kill);
      const end = await Promise.race([this.net.devnet.daemon(name).exited, over]);
      if (end === null) {
        this.#miss(kill);
        await this.restart(name, null);
        return [{ ...kill, hit: 1 }, ...kills.slice(i + 1)];
      }
      expect(end.signal, `${name} ended at ${kill.failpoint}: ${end.reason}`).toBe("SIGKILL");
      this.killed.push(`${name} at ${kill.failpoint}, hit ${kill.hit}`);
      this.#misses.delete(kill.failpoint);
    }
    await this.restart(name, null);
    return [];
  }
}
