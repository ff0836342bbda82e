// `job plan` on a running network: figures before anything is spent, and a warning where a level has too few operators.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeJob } from "../harness/job-files.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

interface Printed {
  readonly tasks: number;
  readonly market: {
    readonly workersKnown: number;
    readonly operatorsTotal: number;
    readonly referees: number;
    readonly steps: readonly {
      readonly operators: number;
      readonly subnets: number;
      readonly unmet: readonly { code: string }[];
    }[];
  };
  readonly levels: readonly {
    readonly level: string;
    readonly isChosen: boolean;
    readonly paidTimes: number;
    readonly escape: readonly { readonly colludingPpm: number; readonly odds: number }[];
    readonly cheater: { readonly gain: number; readonly gainUnpledged: number };
    readonly cost: { readonly low: number; readonly high: number } | null;
  }[];
  readonly warnings: readonly string[];
}

describe("job plan", () => {
  let net: TestDevnet;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-plan-"));
    net = await TestDevnet.start({ workers: 3 });
  });
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("tells every level's cost and odds, and spends nothing", async () => {
    const file = writeJob(folder, { name: "planned", range: [1, 10], more: ["trust: strong"] });
    const ran = await net.starling(["job", "plan", "-f", file, "-o", "json"]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    const plan = JSON.parse(ran.stdout) as Printed;
    expect(plan).toMatchObject({ tasks: 10, market: { workersKnown: 4, operatorsTotal: 3, referees: 1 } });
    expect(plan.market.steps[0]).toMatchObject({ operators: 3, subnets: 1 });
    expect(plan.market.steps[0]?.unmet.map(({ code }) => code)).toEqual(["isReferee"]);
    expect(plan.levels.map(({ level, isChosen }) => `${level} ${isChosen}`)).toEqual([
      "spot false",
      "quorum false",
      "strong true",
    ]);
    const [spot, quorum, strong] = plan.levels;
    expect([spot?.paidTimes, quorum?.paidTimes, strong?.paidTimes]).toEqual([1.04, 2.01, 3.01]);
    expect(strong?.escape[1]?.odds).toBeCloseTo(0.991e-3, 9);
    expect(strong?.cheater.gain).toBeLessThan(0);
    expect(strong?.cheater.gainUnpledged).toBeGreaterThan(0);
    expect(strong?.cost?.high).toBeGreaterThanOrEqual(strong?.cost?.low ?? 0);
    expect(plan.warnings.join("\n")).toMatch(/no other operator is left to audit/);
    const { jobs } = await net.client.jobs.listJobs({
      pageSize: 10,
      pageToken: "",
      states: [],
      labels: {},
      idPrefix: "",
    });
    expect(jobs).toEqual([]);
  });

  it("is readable, and says by its exit code that nobody could take the job", async () => {
    const file = writeJob(folder, { name: "greedy", more: ["needs: { mem: 900Gi }"] });
    const ran = await net.starling(["job", "plan", "-f", file]);
    expect(ran, ran.stderr).toMatchObject({ code: 2 });
    expect(ran.stdout).toMatch(/map: nobody qualifies/);
    expect(ran.stdout).toMatch(/4 of 4 workers .*\[memoryTooSmall\]/);
    expect(ran.stdout).toMatch(/^quorum \*/m);
    expect(ran.stdout).toMatch(/Not claimed/);
    expect(ran.stdout).toMatch(/warning: no operator qualifies now and quorum needs 2/);
  });

  it("a job of an image that no owner allows waits, and is told what would change that", async () => {
    const image = join(folder, "image.tar");
    // Packed with gzip by its first bytes; nobody looks further.
    writeFileSync(image, new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]));
    const file = join(folder, "image.yaml");
    const lines = ["version: 1", "name: image", `run: { image: { archive: ${image} } }`, "outputs: { done: done }"];
    writeFileSync(file, `${lines.join("\n")}\n`);
    const planned = await net.starling(["job", "plan", "-f", file]);
    expect(planned, planned.stderr).toMatchObject({ code: 2 });
    expect(planned.stdout).toMatch(/4 of 4 workers do not run class cpu-image \[classMissing\]/);
    const { stdout } = await net.starling(["job", "submit", "-q", "-f", file]);
    const jobId = stdout.trim();
    const explained = await net.starling(["job", "explain", jobId]);
    expect(explained.stdout).toMatch(/unmet: +classMissing +[34] of 4 workers +do not run class cpu-image/);
    expect(explained.stdout).toMatch(
      /what would change it: .*--allow-images; starling worker doctor --allow-images says/,
    );
    expect(await net.starling(["job", "cancel", jobId])).toMatchObject({ code: 0 });
  });

  it("a submission is warned on standard error, and goes on", async () => {
    const file = writeJob(folder, { name: "thin" });
    const ran = await net.starling(["job", "submit", "-f", file]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stderr).toMatch(
      /warning: 3 operators qualify now and quorum is meant for 20 or more: one of them alone is 33 %/,
    );
    const quiet = await net.starling(["job", "submit", "-q", "-f", file]);
    expect(quiet).toMatchObject({ code: 0, stderr: "" });
    const job = await net.ended(ran.stdout.trim());
    expect(job.state).toBe("completed");
  });

  it("node describe tells an operator's checks and record", async () => {
    const [row] = (await net.client.nodes.listNodes({ pageSize: 1, pageToken: "", states: [] })).nodes;
    const ran = await net.starling(["node", "describe", row?.worker ?? ""]);
    expect(ran, ran.stderr).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/in wasm: +\d+ of 20 checks passed/);
    expect(ran.stdout).toMatch(/placement: +a record no worse than a newcomer's/);
  });
});
