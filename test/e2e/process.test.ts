// A job of processes on a real network: it runs where the owners allow processes, and nowhere else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingForProcesses } from "../harness/process-host.ts";
import { TestDevnet } from "../harness/test-devnet.ts";
import { leasesByName, runTrustedJob } from "../harness/trust-job.ts";

const missing = await missingForProcesses();
const willing = ["worker-1", "worker-3"];

if (missing === null) {
  describe("a job of processes", () => {
    let folder: string;
    let net: TestDevnet;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "starling-process-"));
      net = await TestDevnet.start({
        workers: 4,
        referee: false,
        environmentOf: (name): Record<string, string> =>
          willing.includes(name) ? { STARLING_ALLOW_PROCESS: "true" } : {},
      });
    });
    afterAll(async () => {
      await net.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it("is done by those whose owners allow processes, and tells what it used", async () => {
      writeFileSync(join(folder, "square.sh"), "#!/bin/sh\necho $(($1 * $1)) > /out/square\n");
      const path = join(folder, "job.yaml");
      const lines = [
        "version: 1",
        'run: { process: { program: ./square.sh }, args: ["${item}"] }',
        "each: { range: [3, 6] }",
        "outputs: { square: square }",
        'budget: { max: "9 USD", perTask: "0.05 USD" }',
        "timeout: 30s",
      ];
      writeFileSync(path, `${lines.join("\n")}\n`);
      const ran = await runTrustedJob(net, path, folder);
      expect(ran.job.state).toBe("completed");
      const leases = leasesByName(net, [ran]);
      expect([...leases.keys()].filter((name) => leases.get(name)?.length !== 0).sort()).toEqual(willing);
      for (const { usage } of [...leases.values()].flat()) {
        expect(Number(usage?.peakMemoryBytes)).toBeGreaterThan(0);
        expect(Number(usage?.bytesIn)).toBeGreaterThan(40);
        expect(Number(usage?.bytesOut)).toBeGreaterThan(1);
      }
      const told = ran.receipt.tasks.flatMap(({ answers }) => answers.map(({ usage }) => usage?.peakMemoryBytes ?? 0));
      expect(Math.min(...told)).toBeGreaterThan(0);
      const squares = ["0", "1", "2", "3"].map((index) =>
        readFileSync(join(ran.results, "map", index, "square"), "utf8"),
      );
      expect(squares).toEqual(["9\n", "16\n", "25\n", "36\n"]);
    });

    it("that takes more memory than it asked for says so, and what to ask for", async () => {
      writeFileSync(join(folder, "greedy.sh"), "#!/bin/sh\nhead -c 400000000 /dev/zero | tail -n 1\n");
      const path = join(folder, "greedy.yaml");
      const lines = [
        "version: 1",
        "run: { process: { program: ./greedy.sh } }",
        "needs: { mem: 64Mi }",
        "outputs: { none: none }",
        'budget: { max: "9 USD", perTask: "0.05 USD" }',
        "timeout: 30s",
        "retry: { max: 1 }",
      ];
      writeFileSync(path, `${lines.join("\n")}\n`);
      const ran = await net.starling(["job", "run", "-f", path]);
      expect(ran, ran.stderr).toMatchObject({ code: 1 });
      expect(ran.stdout).toMatch(/killed for memory: used \S+ of 64Mi.*; ask for more with needs\.mem/);
      const jobId = /0x[0-9a-f]{64}/.exec(ran.stderr)?.[0] ?? "";
      const { stdout: job } = await net.starling(["job", "describe", jobId]);
      expect(job).toMatch(/used by map: +[23] attempts, .* [23] killed for memory/);
      expect(job).toMatch(/next time: +needs\.mem: 128Mi for map, not 64Mi: [23] attempts were killed for memory/);
      const { stdout: task } = await net.starling(["task", "describe", `${jobId}/map/0`]);
      expect(task).toMatch(/attempt \d+: +replica on .*: failed, killed for memory: .*needs\.mem/);
    });
  });
} else it(`a job of processes: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
