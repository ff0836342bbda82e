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
      for (const lease of [...leases.values()].flat()) expect(Number(lease.usage?.peakMemoryBytes)).toBeGreaterThan(0);
      const squares = ["0", "1", "2", "3"].map((index) =>
        readFileSync(join(ran.results, "map", index, "square"), "utf8"),
      );
      expect(squares).toEqual(["9\n", "16\n", "25\n", "36\n"]);
    });
  });
} else it(`a job of processes: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
