// A job that brings its root file system: it runs where owners allow that, from nothing but its own files, and is verified and paid.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { busybox } from "../../packages/worker-node/test/executors/oci-images.ts";
import { describeRootsAtLength } from "../../packages/worker-node/test/executors/root-support.ts";
import { TestDevnet } from "../harness/test-devnet.ts";
import { expectReceiptHolds, expectUnharmed, leasesByName, runTrustedJob } from "../harness/trust-job.ts";

/** A bound on hanging. */
const TIMEOUT_MS = 240_000;

const willing = ["worker-1", "worker-3"];
const JOB = `version: 1
run: {process: {program: ./count.sh, root: ./root.tar.gz}, args: ["\${item.word}"]}
needs: {mem: 64Mi}
each: {matrix: {word: [one, two]}}
outputs: {count: count}
`;
/** Its interpreter and its tools are in the root alone, and so is what it sees of a machine. */
const PROGRAM = `#!/bin/sh
printf '%s' "$1" | wc -c > /out/count
ls /usr /etc /home /var >> /out/count 2>&1
exit 0
`;
const SEEN = ["/usr", "/etc", "/home", "/var"].map((path) => `ls: ${path}: No such file or directory\n`).join("");

describeRootsAtLength("a job with a root file system of its own", () => {
  let folder: string;
  let net: TestDevnet;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-root-"));
    writeFileSync(join(folder, "job.yaml"), JOB);
    writeFileSync(join(folder, "count.sh"), PROGRAM);
    writeFileSync(join(folder, "root.tar.gz"), gzipSync(busybox()));
    const environmentOf = (name: string): Record<string, string> =>
      willing.includes(name) ? { STARLING_ALLOW_ROOTFS: "true" } : {};
    net = await TestDevnet.start({ workers: 3, referee: false, environmentOf });
  }, TIMEOUT_MS);
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it(
    "is done where owners allow it, sees no file of theirs, and is verified and paid",
    async () => {
      const ran = await runTrustedJob(net, join(folder, "job.yaml"), folder);
      expect(ran.job, ran.job.reason?.message).toMatchObject({ state: "completed" });
      expect(readFileSync(join(ran.results, "map/0/count"), "utf8")).toBe(`3\n${SEEN}`);
      await expectReceiptHolds(net, ran);
      await expectUnharmed(net, willing, [ran]);
      const leases = leasesByName(net, [ran]);
      expect([...leases.keys()].filter((name) => leases.get(name)?.length !== 0)).toEqual(willing);
      const { stdout: node } = await net.starling(["node", "describe", leases.get("worker-1")?.[0]?.worker ?? ""]);
      expect(node).toMatch(/cpu-root \(process \(namespaces, seccomp, own user, own root, cgroup v\d\), bubblewrap /);
    },
    TIMEOUT_MS,
  );
});
