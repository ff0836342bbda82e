// Jobs of images that workers pull, on a real network with a real registry: who runs them, and in which words the others are refused.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatImageName } from "@starling/protocol";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Dockerd, describeContainers, startDockerd } from "../../packages/worker-node/test/executors/dockerd.ts";
import { shellParts } from "../../packages/worker-node/test/executors/oci-images.ts";
import {
  registryPackages,
  startRegistry,
  type TestRegistry,
} from "../../packages/worker-node/test/executors/registry.ts";
import { TestDevnet } from "../harness/test-devnet.ts";
import { expectReceiptHolds, leasesByName, runTrustedJob } from "../harness/trust-job.ts";

/** A bound on hanging: containers start one after the other on a small machine. */
const TIMEOUT_MS = 300_000;

/** A third may be drawn to check the two that answer. Worker 4 runs archives only. */
const pulling = ["worker-1", "worker-2", "worker-3"];

describeContainers(
  "a job of an image that is pulled",
  () => {
    let docker: Dockerd;
    let registry: TestRegistry;
    let folder: string;
    let net: TestDevnet;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "starling-pulled-"));
      [docker, registry] = await Promise.all([startDockerd(), startRegistry()]);
      const images = { STARLING_ALLOW_IMAGES: "true", STARLING_DOCKER_SOCKET: docker.socketPath };
      const places = { ...images, STARLING_PULL_IMAGES: `${registry.host}/team` };
      net = await TestDevnet.start({
        workers: 4,
        referee: false,
        environmentOf: (name) => (pulling.includes(name) ? places : images),
      });
    }, TIMEOUT_MS);
    afterAll(async () => {
      await net.stop();
      await registry.stop();
      await docker.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    function jobOf(image: string): string {
      const path = join(folder, "job.yaml");
      const lines = [
        "version: 1",
        `run: { image: "${image}", args: ["\${item}"] }`,
        "each: { range: [3, 5] }",
        "outputs: { square: square }",
        'budget: { max: "9 USD", perTask: "0.05 USD" }',
        "retry: { max: 1 }",
        "timeout: 60s",
      ];
      writeFileSync(path, `${lines.join("\n")}\n`);
      return path;
    }

    it(
      "is done by those whose owners list its registry, and verified",
      async () => {
        const parts = shellParts("echo $(($1 * $1)) > /out/square", {});
        const name = await registry.push("team/square", parts);
        const ran = await runTrustedJob(net, jobOf(formatImageName(name)), folder);
        expect(ran.job, ran.job.reason?.message).toMatchObject({ state: "completed" });
        const squares = ["0", "1", "2"].map((index) => readFileSync(join(ran.results, "map", index, "square"), "utf8"));
        expect(squares).toEqual(["9\n", "16\n", "25\n"]);
        await expectReceiptHolds(net, ran);
        const answered = [...leasesByName(net, [ran])].filter(([, leases]) =>
          leases.some(({ state }) => state === "settled"),
        );
        expect(answered.length).toBeGreaterThan(1);
        expect(answered.filter(([worker]) => !pulling.includes(worker))).toEqual([]);
      },
      TIMEOUT_MS,
    );

    it(
      "fails with the registry's name where that has no such image",
      async () => {
        const image = `${registry.host}/team/none@sha256:${"0".repeat(64)}`;
        const ran = await net.starling(["job", "run", "-f", jobOf(image)]);
        expect(ran, ran.stderr).toMatchObject({ code: 1 });
        const [place, digest] = [`${registry.host}`, image.slice(image.indexOf("/") + 1)];
        expect(ran.stdout).toContain(`the registry ${place} has no ${digest}`);
      },
      TIMEOUT_MS,
    );

    it(
      "waits where no owner lists its registry, and says what would change that",
      async () => {
        const image = `registry.example/team/square@sha256:${"0".repeat(64)}`;
        const { stdout } = await net.starling(["job", "submit", "-q", "-f", jobOf(image)]);
        const jobId = stdout.trim();
        expect((await net.starling(["job", "wait", jobId, "--timeout", "20"])).code).toBe(3);
        const { stdout: explained } = await net.starling(["job", "explain", jobId]);
        expect(explained).toMatch(
          /imageRefused +[34] of 4 workers +have owners who do not let registry\.example\/team/,
        );
        expect(explained).toMatch(/what would change it: .*lists the image's registry with --pull-images/);
        await net.starling(["job", "cancel", jobId]);
      },
      TIMEOUT_MS,
    );
  },
  registryPackages,
);
