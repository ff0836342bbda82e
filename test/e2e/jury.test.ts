// A liar with stake behind it, before a real court: others of the network are drawn as jurors, run the task again, vote, and fetch their fees; it pays what it signed.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import { deadline, within } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { type LogLine, logLines, logSays } from "../harness/log-lines.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

/** So many leases it does well: by then it is known, and has pledged. */
const honestLeases = 75;
const liar = "worker-1";
/** Between two looks at the chain, whose blocks take a second. */
const lookMs = 200;
/** Four jobs and the whole life of a dispute, by the clock of a chain: a bound on hanging and no measure. */
const lifeMs = 360_000;

let net: TestDevnet;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "starling-jury-"));
  net = await TestDevnet.start({ workers: 6, referee: true, cast: `${liar}=sleeper:${honestLeases}` });
});
afterAll(async () => {
  await net.stop();
  rmSync(folder, { recursive: true, force: true });
});

function logOf(name: string): string {
  return daemonPlaces(net.devnet.places, name).log;
}

/** The first line of any of them that fits. */
async function anySays(names: readonly string[], what: string, fits: (line: LogLine) => boolean): Promise<LogLine> {
  return await within(what, Promise.any(names.map((name) => logSays(logOf(name), what, fits))), lifeMs);
}

async function stakeOf(name: string): Promise<{ readonly stake: bigint; readonly pledged: bigint }> {
  const member = net.devnet.ground.members.find((one) => one.name === name);
  if (member === undefined) throw new Error(`the devnet has no ${name}`);
  return await net.queries.stake(member.operator.address);
}

/** What the court keeps for workers and their operators: jurors' fees, until they are fetched. */
async function waiting(): Promise<bigint> {
  const accounts = net.devnet.ground.members.flatMap(({ worker, operator }) => [worker.address, operator.address]);
  const credits = await Promise.all(accounts.map((account) => net.queries.credit(account, "court")));
  return credits.reduce((sum, credit) => sum + credit, 0n);
}

/** Runs a job to its end; two must agree, so that each worker gets about thirty leases of it. */
async function perform(name: string): Promise<void> {
  const { jobId } = await net.submit(writeJob(folder, { name, range: [0, 79], more: ["trust: quorum"] }));
  expect(await net.ended(jobId, lifeMs)).toMatchObject({ state: "completed" });
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const signal = deadline(what);
  while (!(await holds())) await delay(lookMs, undefined, { signal });
}

it(
  "is judged by workers that do its task again, and fined by their verdict alone",
  async () => {
    const { stake: before, pledged: seat } = await stakeOf(liar);
    const honest = net.devnet.ground.members.map(({ name }) => name).filter((name) => name !== liar);
    const dispute = anySays(honest, "a juror has voted", ({ message }) => message === "dutyOver");
    dispute.catch(() => undefined);
    await perform("first");
    await perform("second");
    // Its seat is pledged for from the start; what comes on top stands behind its results.
    await until("a pledge of the liar", async () => (await stakeOf(liar)).pledged > seat);
    await perform("third");
    await perform("fourth");
    const { dutyId, outcome } = await dispute;
    expect(outcome).toBe("voted");
    // Every juror of that round found an answer by itself.
    const votes = honest.flatMap((name) =>
      logLines(logOf(name)).filter((line) => line.message === "voteCast" && line.dutyId === dutyId),
    );
    expect(votes.length).toBeGreaterThanOrEqual(3);
    expect(new Set(votes.map(({ digest }) => digest)).size).toBe(1);
    expect(votes.map(({ reason }) => reason)).toEqual(votes.map(() => "completed"));
    await until("the fine", async () => (await stakeOf(liar)).stake < before);
    for (const name of honest.filter((one) => one !== "referee"))
      expect((await stakeOf(name)).stake, name).toBe(before);
    await anySays(
      honest,
      "a juror fetches its fee",
      ({ message, keeper }) => message === "withdrawalIntended" && keeper === "court",
    );
    await until("the last fee", async () => (await waiting()) === 0n);
  },
  lifeMs,
);
