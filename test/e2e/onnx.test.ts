// The ONNX example on a real network: the engine travels as an input, and a worker that rounds otherwise is paid like the others.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchRuntime } from "../../examples/onnx-batch/fetch-runtime.ts";
import { missingForProcesses } from "../harness/process-host.ts";
import { root, TestDevnet } from "../harness/test-devnet.ts";
import { expectReceiptHolds, expectUnharmed, runTrustedJob } from "../harness/trust-job.ts";

/** A bound on hanging: three workers fetch the engine's 46 MB. */
const TIMEOUT_MS = 400_000;

const missing = await missingHere();

async function missingHere(): Promise<string | null> {
  if (process.env.STARLING_TEST_FULL !== "1") return "it belongs to npm run test:full";
  return (await missingForProcesses("nodejs")) ?? fetchRuntime();
}

if (missing === null) {
  describe("batches of images for ONNX Runtime", () => {
    let folder: string;
    let net: TestDevnet;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "starling-onnx-"));
      net = await TestDevnet.start({
        workers: 3,
        cast: "worker-1=drifter",
        referee: false,
        environmentOf: () => ({ STARLING_ALLOW_PROCESS: "true" }),
      });
    });
    afterAll(async () => {
      await net.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it(
      "are classified by strangers whose numbers differ by rounding, and all of them are paid",
      async () => {
        const ran = await runTrustedJob(net, join(root, "examples/onnx-batch/job.yaml"), folder);
        expect(ran.job, ran.job.reason?.message).toMatchObject({ state: "completed" });
        const summary = JSON.parse(readFileSync(join(ran.results, "reduce/0/summary"), "utf8"));
        expect(summary).toEqual({ batches: 6, rows: 1_797, right: 1_779 });
        const answers = ran.receipt.tasks.flatMap((task) => task.answers.map((answer) => ({ task, answer })));
        const other = answers.filter(({ task, answer }) => answer.digest !== task.digest);
        expect(other.length).toBeGreaterThan(0);
        for (const { answer } of other)
          expect(answer.distances).toMatchObject([{ output: "probabilities", within: true }]);
        await expectReceiptHolds(net, ran);
        await expectUnharmed(net, ["worker-1", "worker-2", "worker-3"], [ran]);
      },
      TIMEOUT_MS,
    );
  });
} else it(`batches of images for ONNX Runtime: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
