// A machine is taken back in the middle of a long task: somebody else goes on from its checkpoint, the result is the same, and it is paid.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Lease } from "@starling/protocol/rpc";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import { deadline } from "../harness/deadline.ts";
import { missingForProcesses } from "../harness/process-host.ts";
import { TestDevnet } from "../harness/test-devnet.ts";
import { expectReceiptHolds, expectUnharmed, leasesByName, trustedJobOf } from "../harness/trust-job.ts";

const missing = await missingForProcesses();
const isFull = process.env.STARLING_TEST_FULL === "1";
// Half a minute of work, twice: the short form stands beside the executor and the cores.
const untested = isFull ? missing : "it takes the long run: npm run test:full";

/** Among processes on a machine that has other work: a bound on hanging and no measure. */
const runMsMax = 300_000;
/** Half a minute of one core. */
const STEPS = "900";
const LOOK_EVERY_MS = 100;

/** Counts slowly; every twentieth step, and the one in which SIGTERM came, is kept. */
const PROGRAM = `#!/bin/sh
step=\${RESUME_STEP:-0}
value=start
[ "$step" -gt 0 ] && value=$(cat $TASK/ckpt/$step/state)
stopping=
trap 'stopping=1' TERM
while [ "$step" -lt "$1" ]; do
  step=$((step + 1))
  spin=0
  while [ "$spin" -lt 20000 ]; do spin=$((spin + 1)); done
  value=$(echo "$value $step" | cksum)
  if [ $((step % 20)) = 0 ] || [ -n "$stopping" ]; then
    mkdir -p $TASK/ckpt/$step
    echo "$value" > $TASK/ckpt/$step/state
    echo '{"files": ["state"]}' > $TASK/ckpt/$step/manifest.tmp
    mv $TASK/ckpt/$step/manifest.tmp $TASK/ckpt/$step/manifest.json
    echo "{\\"done\\":$step,\\"total\\":$1}" > $TASK/progress
  fi
  [ -n "$stopping" ] && exit 3
done
echo "$value" > $TASK/out/value
`;

if (untested !== null)
  it(`checkpoints on a network: NOT TESTED here, since ${untested}`, () => expect(untested).toMatch(/\w/));
else
  describe("a task whose machine is taken back", () => {
    let folder: string;
    let net: TestDevnet;
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "starling-checkpoints-"));
      net = await TestDevnet.start({
        workers: 3,
        referee: false,
        environmentOf: () => ({ STARLING_ALLOW_PROCESS: "true", STARLING_SLOTS: "1" }),
      });
    });
    afterAll(async () => {
      await net.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it(
      "is resumed elsewhere, and ends as if nothing had happened",
      async () => {
        const { jobId } = await net.submit(writeLongJob(folder));
        const running = await until(net, jobId, (leases) => {
          const kept = leases.filter(
            ({ state, checkpointStep }) => state === "running" && checkpointStep !== undefined,
          );
          return kept.length === 2 ? kept : null;
        });
        const [first, second] = running;
        const name = net.devnet.ground.members.find(({ worker }) => worker.address === first?.worker)?.name ?? "";
        const { dataDir } = daemonPlaces(net.devnet.places, name);
        const ran = await net.starling(["worker", "reclaim", "--notice", "5s", "--data-dir", dataDir]);
        expect(ran, ran.stderr).toMatchObject({ code: 0 });
        const [resumed] = await until(net, jobId, (leases) => {
          const found = leases.filter((lease) => lease.resumed !== undefined);
          return found.length > 0 ? found : null;
        });
        expect(resumed?.worker).not.toBe(first?.worker);
        expect(resumed?.worker).not.toBe(second?.worker);
        expect(Number(resumed?.resumed?.step)).toBeGreaterThan(0);
        expect(resumed?.fine).toBe("0");
        const explained = await net.starling(["job", "explain", jobId]);
        expect(explained.stdout).toContain(`resumed from step ${resumed?.resumed?.step} of worker`);
        const trusted = await trustedJobOf(net, jobId, join(folder, "results"));
        expect(trusted.job.state).toBe("completed");
        expect(readFileSync(join(trusted.results, "map", "0", "value"), "utf8")).toBe(alone(folder));
        await expectReceiptHolds(net, trusted);
        const names = net.devnet.ground.members.map((member) => member.name);
        await expectUnharmed(net, names, [trusted]);
        const leases = [...leasesByName(net, [trusted]).values()].flat();
        expect(leases.find(({ leaseId }) => leaseId === resumed?.leaseId)?.verdict).toBe("accepted");
        const { stdout } = await net.starling(["task", "describe", `${jobId}/map/0`]);
        expect(stdout).toMatch(/resumed from step \d+ of a checkpoint of 0x/);
      },
      runMsMax,
    );
  });

function writeLongJob(folder: string): string {
  writeFileSync(join(folder, "count.sh"), PROGRAM);
  const path = join(folder, "job.yaml");
  const lines = [
    "version: 1",
    `run: { process: { program: ./count.sh }, args: ["${STEPS}"], env: { TASK: "" } }`,
    "outputs: { value: value }",
    "checkpoint: { maxSize: 1Mi, every: 1s, grace: 3s }",
    'budget: { max: "9 USD", perTask: "0.05 USD" }',
    "timeout: 200s",
  ];
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

/** What the program computes where nobody disturbs it. */
function alone(folder: string): string {
  const task = join(folder, "alone");
  for (const name of ["ckpt", "out"]) mkdirSync(join(task, name), { recursive: true });
  chmodSync(join(folder, "count.sh"), 0o755);
  execFileSync(join(folder, "count.sh"), [STEPS], { env: { TASK: task, PATH: process.env.PATH } });
  return readFileSync(join(task, "out/value"), "utf8");
}

async function until(
  net: TestDevnet,
  jobId: string,
  found: (leases: readonly Lease[]) => readonly Lease[] | null,
): Promise<readonly Lease[]> {
  const signal = deadline("checkpoints", runMsMax);
  for (;;) {
    const { task } = await net.client.tasks.getTask({ taskId: `${jobId}/map/0` }, { signal });
    const leases = found(task?.leases ?? []);
    if (leases !== null) return leases;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}
