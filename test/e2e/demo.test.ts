// The demo as a newcomer starts it: the liar is found, the outcome is the reference's, and nothing is left, however it ends.
import { randomInt } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { DemoProcess } from "../harness/demo-process.ts";
import { localOutcome, resultsByName } from "../harness/local-outcome.ts";
import { untilGone } from "../harness/processes.ts";
import { digitsJob } from "../harness/test-devnet.ts";

interface Report {
  readonly state: string;
  readonly problems: readonly string[];
  readonly accusations: readonly { readonly name: string; readonly tasks: readonly { readonly ruledBy: string }[] }[];
  readonly pay: readonly { readonly name: string; readonly earned: string; readonly onChain: string }[];
  readonly settlement: { readonly deposited: string; readonly paid: string; readonly refunded: string };
  readonly work: { readonly tasks: number; readonly replicas: number };
  readonly verification: { readonly code: number };
}

/** Few processes, for what does not depend on their number. */
const small = ["--workers", "2", "--liars", "0"];

describe("the demo", () => {
  let demo: DemoProcess | null = null;
  afterEach(() => {
    demo?.kill("SIGKILL");
    demo?.remove();
    demo = null;
  });

  it("names the liar by evidence, pays honest work, and computes what one process computes", async () => {
    const liar = `worker-${randomInt(1, 6)}`;
    demo = new DemoProcess(["--json"], { STARLING_TEST_MODE: "1", STARLING_DEVNET_CAST: `${liar}=liar` });
    const code = await demo.ended();
    expect(code, demo.stderr + demo.stdout).toBe(0);
    const report = JSON.parse(demo.stdout) as Report;
    expect(report).toMatchObject({ state: "completed", problems: [], verification: { code: 0 } });
    expect(report.accusations.map((one) => one.name)).toEqual([liar]);
    expect(report.accusations[0]?.tasks.length).toBeGreaterThan(0);
    const { deposited, paid, refunded } = report.settlement;
    expect(BigInt(paid) + BigInt(refunded)).toBe(BigInt(deposited));
    expect(report.pay.every((one) => one.earned === one.onChain)).toBe(true);
    expect(report.pay.reduce((sum, one) => sum + BigInt(one.onChain), 0n)).toBe(BigInt(paid));
    expect(report.work).toMatchObject({ tasks: 37 });
    for (const [task, { outputs }] of resultsByName(await localOutcome(digitsJob))) {
      for (const { name, bytes } of outputs)
        expect(demo.result(`${task}/${name}`).equals(bytes), `${task}/${name}`).toBe(true);
    }
    expect(demo.relatives()).toEqual([]);
    expect(demo.leftovers()).toEqual([]);
  });

  it("names nobody where nobody lies, and ends with a summary for people", async () => {
    demo = new DemoProcess(["--liars", "0", "--workers", "3"]);
    expect(await demo.ended(), demo.stderr + demo.stdout).toBe(0);
    expect(demo.stdout).toContain("none: all replicas of every task agree");
    expect(demo.stdout).not.toContain("lied");
    expect(demo.stdout).toMatch(/held-out test data.*97\.\d\d %/);
    expect(demo.stdout).toContain("Everything held.");
    expect(demo.relatives()).toEqual([]);
  });

  // Each is the last thing that was said before the interruption.
  const moments = [
    /deploying contracts/,
    /workers register/,
    /accepted; its budget/,
    /\[#+-*\]|anchoring/,
    /closing the escrow/,
  ];
  it.each(moments)("leaves nothing behind when it is interrupted at %s", async (moment) => {
    demo = new DemoProcess(small);
    await demo.says(moment);
    demo.kill("SIGINT");
    expect(await demo.ended(), demo.stderr).toBe(130);
    expect(demo.relatives()).toEqual([]);
    expect(demo.leftovers()).toEqual([]);
  });

  it("leaves no process behind when it is killed", async () => {
    demo = new DemoProcess(small);
    await demo.says(/its budget is in escrow/);
    const relatives = demo.relatives();
    expect(relatives.length).toBeGreaterThanOrEqual(5);
    demo.kill("SIGKILL");
    await untilGone(relatives);
    expect(demo.relatives()).toEqual([]);
  });
});
