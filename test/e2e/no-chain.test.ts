// A private fleet: a whole network without a chain runs the demo's job with a liar among its workers, and its books say who is owed what.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import { writeJob } from "../harness/job-files.ts";
import { digitsJob, TestDevnet } from "../harness/test-devnet.ts";
import { expectRightResults, leasesByName, runTrustedJob, type TrustedJob } from "../harness/trust-job.ts";

/** A job of 72 tasks among processes on a machine that has other work: a bound on hanging and no measure. */
const runMsMax = 240_000;

const isFull = process.env.STARLING_TEST_FULL === "1";

describe("a fleet without a chain", () => {
  let net: TestDevnet;
  let folder: string;
  let trusted: TrustedJob;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-no-chain-"));
    net = await TestDevnet.start({ noChain: true, workers: 5, cast: "worker-2=liar" });
    trusted = await runTrustedJob(net, digitsJob, join(folder, "out"));
  }, runMsMax);
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    "computes what one process computes alone, whatever the liar says",
    async () => {
      await expectRightResults(digitsJob, trusted);
      const liar = net.devnet.ground.members.find(({ name }) => name === "worker-2")?.worker.address;
      const lies = trusted.receipt.tasks.flatMap(({ digest, answers }) =>
        answers.filter((one) => one.digest !== digest),
      );
      expect(new Set(lies.map(({ worker }) => worker))).toEqual(new Set([liar]));
      expect(lies.every(({ paid, fine }) => paid === 0n && fine === 0n)).toBe(true);
    },
    runMsMax,
  );

  it("has a receipt that is signed and says that no chain has it", async () => {
    const ran = await net.starling(["receipt", "verify", trusted.receiptPath, "--results", trusted.results]);
    expect(ran, ran.stdout).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/skipped +anchor .*\n +signed, not anchored: this network has no chain/);
    const { batches } = trusted.receipt;
    expect(batches.length).toBeGreaterThan(0);
    expect(batches.every(({ signed, place }) => signed !== null && place === null)).toBe(true);
  });

  it("owes each worker what its receipt says, and pays nobody", async () => {
    const jobId = trusted.receipt.jobId;
    const { stdout } = await net.starling(["settle", "status", "--job", jobId]);
    expect(stdout).toMatch(/books: +balance; this network has no chain/);
    const ledger = await net.client.ledger.getLedger({ of: { $case: "jobId", value: jobId } });
    const earned = new Map<string, bigint>();
    for (const { answers } of trusted.receipt.tasks)
      for (const { worker, paid } of answers) if (paid > 0n) earned.set(worker, (earned.get(worker) ?? 0n) + paid);
    const owed = ledger.workers.filter((one) => one.earned !== "0").map((one) => [one.worker, BigInt(one.earned)]);
    expect(new Map(owed as [string, bigint][])).toEqual(earned);
    expect(ledger).toMatchObject({ chainless: true, paid: "0", balanced: true, transactions: [] });
  });

  it(
    "ends an account when its owner says that he has paid, and opens another one for the next job",
    async () => {
      const { jobId } = trusted.receipt;
      expect(await net.starling(["settle", "close", "--job", jobId])).toMatchObject({ code: 0 });
      const closed = await net.client.ledger.getLedger({ of: { $case: "jobId", value: jobId } });
      expect(closed).toMatchObject({ state: "closed", owed: "0", balanced: true });
      expect(closed.paid).not.toBe("0");
      const next = await runTrustedJob(net, writeJob(folder, { name: "next" }), join(folder, "next"));
      expect(next.job.state).toBe("completed");
      expect(next.receipt.escrowId).not.toBe(trusted.receipt.escrowId);
    },
    runMsMax,
  );

  // Five commands and a job; what the worker itself does is tested beside it.
  if (isFull)
    it(
      "leaves out a machine whose owner has paused it or taken it back, until he lends it again",
      async () => {
        const name = "worker-3";
        const { dataDir } = daemonPlaces(net.devnet.places, name);
        const owner = async (...words: readonly string[]): Promise<string> => {
          const ran = await net.starling(["worker", ...words, "--data-dir", dataDir]);
          expect(ran, ran.stderr).toMatchObject({ code: 0 });
          return ran.stdout;
        };
        expect(JSON.parse(await owner("pause"))).toMatchObject({ state: "paused", running: 0 });
        const last = (await owner("reclaim", "--notice", "1s")).trimEnd().split("\n").at(-1) ?? "";
        expect(JSON.parse(last)).toMatchObject({ state: "reclaimed", running: 0 });
        const without = await runTrustedJob(net, writeJob(folder, { name: "without" }), join(folder, "without"));
        expect(without.job.state).toBe("completed");
        expect(leasesByName(net, [without]).get(name)).toEqual([]);
        expect(JSON.parse(await owner("status"))).toMatchObject({
          owner: { state: "reclaimed", since: expect.any(String) },
        });
        expect(JSON.parse(await owner("resume"))).toMatchObject({ state: "working" });
      },
      runMsMax,
    );

  it("has a network file that names no chain, and lets in only workers of operators that it lists", () => {
    const file = JSON.parse(readFileSync(net.devnet.places.networkFile, "utf8")) as Record<string, unknown>;
    expect(file).toMatchObject({ chain: "none" });
    expect(Object.keys(file).sort()).toEqual(["bootstrap", "chain", "coordinators", "name", "networkId", "operators"]);
    expect(net.devnet.state().daemons.map(({ name }) => name)).not.toContain("chain");
  });
});
