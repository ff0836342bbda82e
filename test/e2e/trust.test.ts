// Every behaviour against real processes: jobs end right, cheats are found or harmless, honest work is paid, receipts hold.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accusationsOf } from "../../scripts/demo/findings.ts";
import { writeJob } from "../harness/job-files.ts";
import { digitsJob, TestDevnet } from "../harness/test-devnet.ts";
import {
  expectReceiptHolds,
  expectRightResults,
  expectUnharmed,
  leasesByName,
  runTrustedJob,
  type TrustedJob,
} from "../harness/trust-job.ts";

/** A devnet whose first workers misbehave, with as many honest ones behind them. At most two lie, so that a liar is never the last word. */
interface Cast {
  readonly cheats: readonly string[];
  readonly honest: number;
}

const bold: Cast = { cheats: ["liar", "lazy", "equivocator"], honest: 3 };
const sly: Cast = { cheats: ["partial:2", "sleeper:2", "replayer", "selfish:5"], honest: 3 };
const slow: Cast = { cheats: ["staller", "withholder", "late:2", "framer:2"], honest: 3 };

/** A devnet of one cast and the jobs that it has run. */
class Stage {
  readonly cast: Cast;
  readonly net: TestDevnet;
  readonly jobs: TrustedJob[] = [];

  private constructor(cast: Cast, net: TestDevnet) {
    this.cast = cast;
    this.net = net;
  }

  static async open(cast: Cast): Promise<Stage> {
    const { cheats, honest } = cast;
    const named = cheats.map((behaviour, i) => `worker-${i + 1}=${behaviour}`).join(",");
    return new Stage(cast, await TestDevnet.start({ workers: cheats.length + honest, cast: named }));
  }

  /** Runs a job to its last payment; it must give what one process computes alone, and a receipt that holds. */
  async perform(file: string): Promise<void> {
    const job = await runTrustedJob(this.net, file, join(dirname(file), `results-${this.jobs.length}`));
    this.jobs.push(job);
    await expectRightResults(file, job);
    await expectReceiptHolds(this.net, job);
  }

  nameOf(behaviour: string): string {
    return `worker-${1 + this.cast.cheats.findIndex((one) => one.split(":")[0] === behaviour)}`;
  }

  leasesOf(behaviour: string): NonNullable<ReturnType<ReturnType<typeof leasesByName>["get"]>> {
    return leasesByName(this.net, this.jobs).get(this.nameOf(behaviour)) ?? [];
  }

  /** Names of all who were overruled in any of the jobs. */
  accused(): ReadonlySet<string> {
    const { members } = this.net.devnet.ground;
    const nameOf = (worker: string): string => members.find((one) => one.worker.address === worker)?.name ?? worker;
    return new Set(this.jobs.flatMap(({ receipt }) => accusationsOf(receipt, nameOf)).map(({ name }) => name));
  }

  /** Nobody is blamed but these, and all others are paid in full. */
  async expectOthersUnharmed(behaviours: readonly string[], unpaid: readonly string[] = []): Promise<void> {
    const guilty = behaviours.map((behaviour) => this.nameOf(behaviour));
    expect([...this.accused()].filter((name) => !guilty.includes(name))).toEqual([]);
    const apart = [...guilty, ...unpaid.map((behaviour) => this.nameOf(behaviour))];
    const names = this.net.devnet.ground.members.map(({ name }) => name).filter((name) => !apart.includes(name));
    await expectUnharmed(this.net, names, this.jobs);
  }
}

describe("workers that misbehave", () => {
  let folder: string;
  let digits: { readonly quorum: string; readonly spot: string };
  let slowStage: Stage;
  let slowJob: Promise<void>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-trust-"));
    digits = { quorum: digitsFile("quorum"), spot: digitsFile("spot") };
    slowStage = await Stage.open(slow);
    // What is never answered has to run out first, so that this job goes on beside the others.
    slowJob = slowStage.perform(slowFile());
    slowJob.catch(() => undefined);
  });
  afterAll(async () => {
    await slowStage.net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // A third of the demo's job, in a folder of its own.
  function digitsFile(trust: string): string {
    const text = readFileSync(digitsJob, "utf8")
      .replaceAll("./", `${dirname(digitsJob)}/`)
      .replace("[0, 0.0001, 0.001]", "[0.0001]")
      .replace("trust: quorum", `trust: ${trust}`);
    const path = join(mkdtempSync(join(folder, `${trust}-`)), "job.yaml");
    writeFileSync(path, text);
    return path;
  }

  // The shortest limits that there are: what is never answered costs half a minute all the same.
  function slowFile(): string {
    const more = ["needs: { disk: 1Mi }", 'budget: { max: "9 USD", perTask: "0.01 USD" }'];
    return writeJob(join(folder, "slow"), { name: "slow", range: [0, 11], timeout: "1s", more });
  }

  describe("boldly", () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await Stage.open(bold);
    });
    afterAll(() => stage.net.stop());

    it.each(["quorum", "spot"] as const)("end with right results under %s", async (trust) => {
      await stage.perform(digits[trust]);
    });

    it("are overruled by evidence, and nobody else is", async () => {
      expect(stage.accused()).toEqual(new Set([stage.nameOf("liar"), stage.nameOf("lazy")]));
      await stage.expectOthersUnharmed(["liar", "lazy"], ["equivocator"]);
    });

    it("are caught by their own signatures when they commit twice", () => {
      const leases = stage.leasesOf("equivocator");
      expect(leases.map(({ reason }) => reason?.code)).toContain("equivocation");
      expect(leases.filter(({ verdict }) => verdict === "accepted")).toEqual([]);
    });
  });

  describe("slyly", () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = await Stage.open(sly);
    });
    afterAll(() => stage.net.stop());

    it.each(["quorum", "spot"] as const)("end with right results under %s", async (trust) => {
      await stage.perform(digits[trust]);
    });

    it("are overruled by evidence when they lie, and nobody else is", async () => {
      expect(stage.accused()).toEqual(new Set([stage.nameOf("partial"), stage.nameOf("sleeper")]));
      await stage.expectOthersUnharmed(["partial", "sleeper"]);
    });

    it("may decline what takes long, and say everything again", () => {
      const declined = stage.leasesOf("selfish");
      expect(new Set(declined.map(({ state }) => state))).toEqual(new Set(["declined"]));
      expect(stage.leasesOf("replayer").some(({ verdict }) => verdict === "accepted")).toBe(true);
    });
  });

  describe("by silence", () => {
    it("end with right results", async () => {
      await slowJob;
    });

    it.each([
      { behaviour: "staller", code: "notCommitted" },
      { behaviour: "withholder", code: "revealTimeout" },
    ])("lose their leases as a $behaviour", ({ behaviour, code }) => {
      const leases = slowStage.leasesOf(behaviour);
      expect(leases.map(({ reason }) => reason?.code)).toContain(code);
      expect(leases.filter(({ verdict }) => verdict === "accepted")).toEqual([]);
    });

    it("harm nobody else, and a late reveal is as good as another", async () => {
      expect(slowStage.accused()).toEqual(new Set([slowStage.nameOf("framer")]));
      await slowStage.expectOthersUnharmed(["framer"]);
      expect(slowStage.leasesOf("late").some(({ verdict }) => verdict === "accepted")).toBe(true);
    });
  });
});
