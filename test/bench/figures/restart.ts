// A coordinator that is killed: how long until it serves again, and how long a ledger of 100,000 tasks takes to come back.
import { join } from "node:path";
import {
  type CoordinatorEffect,
  type CoordinatorFact,
  type CoordinatorInput,
  type CoordinatorState,
  coordinatorDecider,
} from "@starling/coordinator/core";
import { Engine, encodeValue, LevelJournal } from "@starling/node-kit";
import { config } from "../../../packages/coordinator/test/core/world/fixtures.ts";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { CoreDriver } from "../support/core-driver.ts";
import { credit, greet, jobOf, work, workersOf } from "../support/core-workers.ts";
import { withNetwork } from "../support/network.ts";
import { seconds, timed, whole } from "../support/statistics.ts";

const workers = 5;
/** Tasks that the killed coordinator has behind it, and those that are under way. */
const doneTasks = 2_000;
const openTasks = 2_000;
const ledgerTasks = 100_000;
/** Facts after the snapshot: as many as an engine lets come together. */
const tailFacts = 20_000;

/** Kills one on a devnet; recovers a large one from disk. */
export async function measure(context: BenchContext): Promise<readonly Figure[]> {
  return [await killed(context), await recovered(context)];
}

async function killed(context: BenchContext): Promise<Figure> {
  const { signal } = context;
  return await withNetwork(context, { workers }, async ({ devnet, client, noopJob, run, check }) => {
    const first = await run(await noopJob(doneTasks));
    const open = run(await noopJob(openTasks));
    await someAccepted(async () => (await client.jobs.listJobs(allJobs, { signal })).jobs[0]?.tasks?.accepted ?? 0);
    process.kill(devnet.daemon("coordinator").pid, "SIGKILL");
    await devnet.daemon("coordinator").exited;
    const { ms } = await timed(async () => {
      devnet.restart("coordinator");
      await devnet.serving({ signal });
    });
    const { jobId } = await open;
    const found = [await check(first.jobId), await check(jobId)];
    const accepted = found.reduce((sum, one) => sum + one.accepted, 0);
    return {
      name: "coordinator killed",
      ours: `${seconds(ms)} to serving; ${whole(accepted)} of ${whole(doneTasks + openTasks)} results in the end`,
      how: `kill -9 with ${whole(doneTasks)} tasks done and a job of ${whole(openTasks)} under way; from the start of the process to an answering API, modules and network included`,
      values: { servingMs: ms, accepted },
      beside: goals.restart,
    };
  });
}

const allJobs = { pageSize: 1, pageToken: "", states: ["running"], labels: {}, idPrefix: "" };

async function someAccepted(count: () => Promise<number>): Promise<void> {
  while ((await count()) < openTasks / 20);
}

type CoordinatorEngine = Engine<
  ReturnType<typeof config>,
  CoordinatorState,
  CoordinatorInput,
  CoordinatorFact,
  CoordinatorEffect
>;

async function recovered({ folder, say }: BenchContext): Promise<Figure> {
  const directory = join(folder, "journal");
  const { tasks, bytes } = await writeLedger(directory);
  say(`a ledger of ${whole(tasks)} tasks is written`);
  const engine: CoordinatorEngine = new Engine(
    { journal: new LevelJournal({ directory }), performer: { perform: async () => undefined } },
    { decider: coordinatorDecider, config: config({ epoch: 2 }), tickInput: () => ({ type: "tick" }) },
  );
  const before = process.cpuUsage();
  const { ms } = await timed(() => engine.start());
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1_000;
  const { factsReplayed } = engine.stats();
  const found = engine.read((state) => state.ledger.tasks.size);
  await engine.stop();
  return {
    name: "recovery of a large ledger",
    ours: `${seconds(ms)} for ${whole(found)} tasks`,
    how: `engine and core alone: a snapshot of ${Math.round(bytes / 2 ** 20)} MiB and ${whole(factsReplayed)} facts after it, until the first turn; ${seconds(cpuMs)} of CPU`,
    values: { recoveryMs: ms, cpuMs, tasks: found, snapshotBytes: bytes, factsReplayed },
    beside: goals.restart,
  };
}

/** Runs tasks through a core in memory, and writes what a coordinator would have on disk by then. */
async function writeLedger(directory: string): Promise<{ readonly tasks: number; readonly bytes: number }> {
  const core = new CoreDriver();
  const crew = workersOf(20, 64);
  const job = jobOf(ledgerTasks);
  greet(core, crew);
  core.fund(job);
  credit(core, crew, job);
  core.reset();
  const byAddress = new Map(crew.map((worker) => [worker.address, worker]));
  const tail: string[] = [];
  work(core, byAddress, () => core.accepted >= ledgerTasks * 0.98);
  const snapshot = structuredClone(coordinatorDecider.snapshot(core.state));
  core.onFact = (fact) => void tail.push(encodeValue(fact));
  work(core, byAddress, () => tail.length >= tailFacts);
  const journal = new LevelJournal({ directory });
  await journal.open();
  for await (const group of journal.replay(0)) void group;
  const { lastSeq } = await journal.append([encodeValue({ type: "epochStarted", epoch: 1, at: core.now })], core.now);
  const bytes = await journal.saveSnapshot({ seq: lastSeq, at: core.now, state: snapshot });
  await journal.append(tail, core.now);
  await journal.close();
  return { tasks: core.accepted, bytes };
}
