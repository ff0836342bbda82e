// The example of an image, by the commands of its README: it runs where owners allow images, is verified and paid, and tells what it used.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeImage } from "../../examples/image-keywords/build-image.ts";
import { referenceReport } from "../../examples/image-keywords/reference.ts";
import { type Dockerd, describeContainers, startDockerd } from "../../packages/worker-node/test/executors/dockerd.ts";
import { root, TestDevnet } from "../harness/test-devnet.ts";
import { expectReceiptHolds, expectUnharmed, leasesByName, runTrustedJob } from "../harness/trust-job.ts";

/** A bound on hanging: containers start one after the other on a small machine. */
const TIMEOUT_MS = 300_000;

const willing = ["worker-1", "worker-3", "worker-4"];
const job = join(root, "examples/image-keywords/job.yaml");

describeContainers("a job of an image", () => {
  let docker: Dockerd;
  let folder: string;
  let net: TestDevnet;
  beforeAll(async () => {
    expect(writeImage()).toBeNull();
    folder = mkdtempSync(join(tmpdir(), "starling-image-"));
    docker = await startDockerd();
    net = await TestDevnet.start({
      workers: 4,
      referee: false,
      environmentOf: (name): Record<string, string> =>
        willing.includes(name) ? { STARLING_ALLOW_IMAGES: "true", STARLING_DOCKER_SOCKET: docker.socketPath } : {},
    });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await net.stop();
    await docker.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    "is done where owners allow images, verified and paid; what is told names its class, its isolation and what it used",
    async () => {
      const ran = await runTrustedJob(net, job, folder);
      expect(ran.job, ran.job.reason?.message).toMatchObject({ state: "completed" });
      expect(readFileSync(join(ran.results, "reduce/0/report"), "utf8")).toBe(referenceReport());
      await expectReceiptHolds(net, ran);
      await expectUnharmed(net, willing, [ran]);

      const leases = leasesByName(net, [ran]);
      expect([...leases.keys()].filter((name) => leases.get(name)?.length !== 0)).toEqual(willing);
      const { stdout: described } = await net.starling(["job", "describe", ran.job.jobId]);
      expect(described).toMatch(/^class: +cpu-image$/m);
      const used = String.raw`\d+ attempts, \S+ \(cpu \d\S*\), memory up to [1-9]\S*Mi, in [1-9]\S*Mi, out [1-9]`;
      expect(described).toMatch(new RegExp(`^used by map: +${used}`, "m"));
      expect(described).toMatch(new RegExp(`^used by reduce: +${used}`, "m"));
      expect(described).not.toContain("killed for memory");
      const { stdout: task } = await net.starling(["task", "describe", `${ran.job.jobId}/map/0`]);
      expect(task).toMatch(/replica on .*\(cpu \d+ ms\), memory /);
      const worker = leases.get("worker-1")?.[0]?.worker ?? "";
      const { stdout: node } = await net.starling(["node", "describe", worker]);
      expect(node).toMatch(/cpu-image \(oci \(container \(runc\), seccomp, no capabilities, own user\), Docker /);
    },
    TIMEOUT_MS,
  );
});
