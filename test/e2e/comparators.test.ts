// A machine that rounds otherwise, on a real network: welcome where the job compares numbers, overruled where bytes decide.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { dissentsOf } from "@starling/protocol";
import { downloadCompared } from "@starling/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digitsJob, TestDevnet } from "../harness/test-devnet.ts";
import { expectReceiptHolds, expectUnharmed, leasesByName, runTrustedJob } from "../harness/trust-job.ts";

const within = "{ level: quorum, compare: { model: { format: f32, rel: 1e-5, l2: 1e-6 } } }";

describe("a worker whose numbers differ in the last bit", () => {
  let folder: string;
  let net: TestDevnet;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-comparators-"));
    net = await TestDevnet.start({ workers: 3, cast: "worker-1=drifter" });
  });
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  // The demo's training alone, at so many rates that every worker is drawn for some. Its model is float32 behind a short header, its metrics are text.
  function trainingFile(name: string, trust: string): string {
    const path = join(folder, `${name}.yaml`);
    const lines = [
      "version: 1",
      `name: ${name}`,
      `run: { wasm: ${dirname(digitsJob)}/train.wasm, args: [--lr, "\${item.lr}", --l2, "0", --seed, "1"] }`,
      "each: { matrix: { lr: [0.02, 0.04, 0.06, 0.08, 0.1, 0.12, 0.16, 0.2] } }",
      `inputs: { digits: ${dirname(digitsJob)}/digits.csv }`,
      "outputs: { metrics: metrics.json, model: model.bin }",
      `trust: ${trust}`,
      'budget: { max: "9 USD", perTask: "0.05 USD" }',
      "timeout: 30s",
    ];
    writeFileSync(path, `${lines.join("\n")}\n`);
    return path;
  }

  async function verify(path: string, ...more: readonly string[]): ReturnType<TestDevnet["starling"]> {
    return await net.starling(["receipt", "verify", path, "--trust", net.devnet.places.networkFile, ...more]);
  }

  it("is paid like the others where the payer's comparator lets it pass, and the receipt says how far it was off", async () => {
    const results = join(folder, "within");
    mkdirSync(results);
    const job = await runTrustedJob(net, trainingFile("within", within), results);
    expect(job.job.state).toBe("completed");
    expect(job.tasks.flatMap(({ leases }) => leases.map(({ verdict }) => verdict))).not.toContain("rejected");
    const answers = job.receipt.tasks.flatMap((task) => task.answers.map((answer) => ({ task, answer })));
    const measured = answers.filter(({ task, answer }) => answer.digest !== task.digest);
    expect(measured.length).toBeGreaterThan(0);
    for (const { answer } of measured) {
      expect(answer.distances).toMatchObject([{ output: "model", within: true }]);
      expect(answer.distances[0]?.maxRel).toBeGreaterThan(0);
      expect(answer.distances[0]?.maxRel).toBeLessThan(1e-5);
    }
    expect(dissentsOf(job.receipt)).toEqual([]);
    await expectReceiptHolds(net, job);
    // The payer measures again what was measured, from the bytes.
    const receipt = readFileSync(job.receiptPath, "utf8");
    const compared = await downloadCompared(net.client, { receipt, folder: results });
    const files = measured.flatMap(({ answer }) => answer.outputs.filter(({ name }) => name === "model"));
    expect(compared).toHaveLength(new Set(files.map(({ cid }) => cid)).size);
    const again = await verify(job.receiptPath, "--results", results);
    expect(again, again.stdout + again.stderr).toMatchObject({ code: 0 });
    const forged = receipt.replace(/"maxRel":[^,]+,/, '"maxRel":0.5,');
    writeFileSync(join(results, "forged.json"), forged);
    expect(await verify(join(results, "forged.json"))).toMatchObject({ code: 4 });
    await expectUnharmed(net, ["worker-1", "worker-2", "worker-3"], [job]);
  });

  it("is overruled where the outputs are compared byte by byte", async () => {
    const job = await runTrustedJob(net, trainingFile("exact", "quorum"), join(folder, "exact"));
    expect(job.job.state).toBe("completed");
    const own = leasesByName(net, [job]).get("worker-1") ?? [];
    expect(own.some(({ verdict }) => verdict === "rejected")).toBe(true);
    expect(job.receipt.tasks.flatMap(({ answers }) => answers.flatMap(({ distances }) => distances))).toEqual([]);
    await expectReceiptHolds(net, job);
  });
});
