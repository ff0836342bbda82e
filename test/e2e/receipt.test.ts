// Receipts as their readers check them: offline, against the network file and the chain's roots, and under attack.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mineEvery, mineOnDemand } from "@starling/node-kit";
import { type EscrowId, encodeReceipt, parseReceipt, type Receipt } from "@starling/protocol";
import { fetchReceipt, followJob } from "@starling/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { network as forgedNetwork, receiptOf } from "../../packages/protocol/test/receipt/forge.ts";
import { deadline } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { logSays } from "../harness/log-lines.ts";
import type { Ran } from "../harness/processes.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

describe("starling receipt verify", () => {
  let net: TestDevnet;
  let folder: string;
  let receipt: Receipt;
  let path: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-receipt-"));
    net = await TestDevnet.start({ workers: 3, environmentOf: () => ({ STARLING_LOG_LEVEL: "debug" }) });
    const { jobId } = await net.submit(writeJob(folder, { name: "receipt" }));
    await net.settled(jobId);
    path = join(folder, "receipt.json");
    writeFileSync(path, await fetchReceipt(net.client, jobId));
    const parsed = parseReceipt(readFileSync(path, "utf8"));
    if (!parsed.ok) throw new Error(parsed.problem);
    receipt = parsed.receipt;
  });
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function verify(file: string, ...more: string[]): Promise<Ran> {
    return net.starling(["receipt", "verify", file, ...more]);
  }

  function written(name: string, text: string): string {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  }

  it("holds with the roots as the chain has them, and only with those", async () => {
    const escrowId = receipt.escrowId as EscrowId;
    const roots = await Promise.all(receipt.batches.map(({ batch }) => net.queries.resultRoot(escrowId, batch)));
    expect(await verify(path, "--trust", net.devnet.places.networkFile, "--root", ...roots)).toMatchObject({ code: 0 });
    const wrong = await verify(path, "--root", `0x${"12".repeat(32)}`);
    expect(wrong).toMatchObject({ code: 4 });
    expect(wrong.stdout).toMatch(/FAILED\s+anchor/);
    expect(await verify(path, "--root", "0x12")).toMatchObject({ code: 64 });
  });

  it("says no more of the lottery than the workers were shown, each of whom found it in order", async () => {
    const nameOf = (worker: string): string =>
      net.devnet.ground.members.find((one) => one.worker.address === worker)?.name ?? worker;
    const logOf = (name: string): string =>
      net.devnet.state().daemons.find((one) => one.name === name)?.log ?? `no log of ${name}`;
    for (const { taskSpec, answers } of receipt.tasks) {
      for (const { worker } of answers) {
        const opened = await logSays(
          logOf(nameOf(worker)),
          `the ticket of ${taskSpec}`,
          (line) => line.message === "ticketOpened" && line.taskSpec === taskSpec,
        );
        expect(["ok", "notFirst"]).toContain(opened.outcome);
      }
    }
  });

  it("fails for every single changed digit of a digest, a signature or a salt", async () => {
    const text = readFileSync(path, "utf8");
    const [answer] = receipt.tasks[0]?.answers ?? [];
    for (const value of [
      answer?.digest,
      answer?.salt,
      answer?.commitEvidence.frame.signature,
      receipt.orderSignature,
    ]) {
      const target = value ?? "missing";
      const changed = `${target.slice(0, 20)}${target[20] === "0" ? "1" : "0"}${target.slice(21)}`;
      const ran = await verify(written("tampered.json", text.replace(target, changed)));
      expect(ran, target).toMatchObject({ code: 4 });
    }
  });

  it("fails for a receipt that was forged throughout with fresh keys", async () => {
    const forged = written("forged.json", encodeReceipt(receiptOf()));
    // Everything in it fits together: whoever believes its author's network file is lost.
    expect(await verify(forged, "--trust", written("theirs.json", JSON.stringify(forgedNetwork)))).toMatchObject({
      code: 0,
    });
    const honest = { ...forgedNetwork, coordinators: net.devnet.ground.network.coordinators };
    const ran = await verify(forged, "--trust", written("ours.json", JSON.stringify(honest)));
    expect(ran).toMatchObject({ code: 4 });
    expect(ran.stdout).toMatch(/FAILED\s+network/);
    expect(await verify(forged)).toMatchObject({ code: 4 });
  });

  it("says unanchored while the chain does not have the roots", async () => {
    // Money enough for every worker's whole credit at once.
    const more = ['budget: { max: "9 USD", perTask: "0.01 USD" }'];
    const { jobId } = await net.submit(writeJob(folder, { name: "unanchored", range: [0, 29], more }));
    // The credit that the job before left is used up by this result: every worker has its allotment of this job, which needs no block
    // until the anchor.
    let accepted = 0;
    for await (const { event } of followJob(net.client, jobId, { signal: deadline("the twentieth result") })) {
      if (event?.$case === "task" && event.value.state === "accepted") accepted += 1;
      if (accepted === 20) break;
    }
    await mineOnDemand(net.rpc);
    try {
      await net.ended(jobId);
      const ran = await verify(written("early.json", await fetchReceipt(net.client, jobId)));
      expect(ran).toMatchObject({ code: 4 });
      expect(ran.stdout).toMatch(/unanchored/);
    } finally {
      await mineEvery(net.rpc, 1);
    }
    await net.settled(jobId);
    expect(await verify(written("late.json", await fetchReceipt(net.client, jobId)))).toMatchObject({ code: 0 });
  });

  it("shows every draw of a spot job, its audits, and each worker's part in it", async () => {
    const more = ['trust: { level: spot, audit: "100%" }', 'budget: { max: "2 USD", perTask: "0.01 USD" }'];
    const { jobId } = await net.submit(writeJob(folder, { name: "audited", more }));
    await net.settled(jobId);
    const to = join(folder, "audited");
    expect(await net.starling(["job", "results", jobId, "--to", to])).toMatchObject({ code: 0 });
    const file = join(to, "receipt.json");
    const parsed = parseReceipt(readFileSync(file, "utf8"));
    if (!parsed.ok) throw new Error(parsed.problem);
    for (const { answers, sets, ticket } of parsed.receipt.tasks) {
      // Where neither has pledged yet, somebody who has is asked too.
      const audits = answers.map(({ audit }) => audit);
      expect(audits.slice(0, 2)).toEqual([null, "lottery"]);
      expect(audits.slice(2).every((cause) => cause === "checked")).toBe(true);
      expect(sets).toHaveLength(audits.length);
      expect(ticket).not.toBeNull();
    }
    const [auditor] = parsed.receipt.tasks.flatMap(({ answers }) => answers.filter(({ audit }) => audit !== null));
    const ran = await verify(file, "--results", to, "--worker", auditor?.worker ?? "");
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/made again at 100 % .*: 4 tasks drawn, [4-9] audits answered/);
    expect(ran.stdout).toMatch(/4 files with the content that was accepted/);
    expect(ran.stdout).toMatch(/map\/\d +\d+ +replica +accepted +\d\.\d+ USD +.* audit \(lottery\)/);
    expect(await verify(file, "--worker", "0x12")).toMatchObject({ code: 64 });
    writeFileSync(join(to, "map", "0", "done"), "not what was computed");
    const changed = await verify(file, "--results", to);
    expect(changed).toMatchObject({ code: 4 });
    expect(changed.stdout).toMatch(/FAILED +files .*\n.*map\/0\/done is not the output that was accepted/);
  });

  it("fails for a receipt with tickets of other tasks", async () => {
    const text = readFileSync(path, "utf8");
    const [first, second] = receipt.tasks.map(({ ticket }) => ticket?.ticket ?? "missing");
    const swapped = text
      .replace(first ?? "", "#")
      .replace(second ?? "", first ?? "")
      .replace("#", second ?? "");
    const ran = await verify(written("swapped.json", swapped));
    expect(ran).toMatchObject({ code: 4 });
    expect(ran.stdout).toMatch(/FAILED +lottery .*\n.*is not the one under the root that the payer signed/);
  });

  it("refuses what is no receipt", async () => {
    expect(await verify(written("none.json", "{}"))).toMatchObject({ code: 4 });
    expect(await verify(join(folder, "absent.json"))).toMatchObject({ code: 64 });
  });
});
