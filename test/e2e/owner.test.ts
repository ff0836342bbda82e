// An owner by himself: makes keys, stakes, registers a worker of his own, runs it, and leaves again.
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mineEvery, mineOnDemand, passTime } from "@starling/node-kit";
import type { Address } from "@starling/protocol";
import { followJob } from "@starling/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Daemon } from "../../scripts/devnet/daemon.ts";
import { deadline } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import type { Ran } from "../harness/processes.ts";
import { starlingProgram, TestDevnet } from "../harness/test-devnet.ts";

describe("an owner", () => {
  let net: TestDevnet;
  let folder: string;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-owner-"));
    net = await TestDevnet.start({ workers: 1, referee: false });
    const passphraseFile = join(folder, "passphrase");
    writeFileSync(passphraseFile, "correct horse\n", { mode: 0o600 });
    environment = { STARLING_PASSPHRASE_FILE: passphraseFile, STARLING_NETWORK: net.devnet.places.networkFile };
  });
  afterAll(async () => {
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function starling(...args: string[]): Promise<Ran> {
    return net.starling(args, { environment });
  }

  async function ok(...args: string[]): Promise<Readonly<Record<string, string>>> {
    const ran = await starling(...args, "-o", "json");
    expect(ran, `starling ${args.join(" ")}\n${ran.stderr}`).toMatchObject({ code: 0 });
    return JSON.parse(ran.stdout) as Record<string, string>;
  }

  it("makes a wallet that a passphrase opens, stakes, registers a worker, and sees it work and be paid", async () => {
    const key = join(folder, "operator.json");
    const { address = "" } = await ok("wallet", "create", "--key", key);
    expect(statSync(key).mode & 0o777).toBe(0o600);
    expect(await ok("wallet", "fund", "--key", key, "--amount", "120 USD")).toMatchObject({ money: "120.00 USD" });
    expect(await starling("stake", "add", "--key", key, "--amount", "500 USD")).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/holds 120\.00 USD, and 500\.00 USD were to be staked/),
    });
    expect(await ok("stake", "add", "--key", key, "--amount", "100 USD")).toMatchObject({ stake: "100.00 USD" });

    const worker = await startWorker(key, address);
    try {
      // Two operators must agree, and there are two: without his worker the job would not end.
      const { jobId } = await net.submit(writeJob(folder, { name: "owned" }));
      await net.settled(jobId);
      expect(await net.ended(jobId)).toMatchObject({ state: "completed" });
      const nodes = JSON.parse((await starling("node", "list", "-o", "json")).stdout) as { operator: string }[];
      expect(nodes.map(({ operator }) => operator)).toContain(address);
      const { worker: hot = "" } = JSON.parse(readFileSync(join(folder, "registration.json"), "utf8")) as Record<
        string,
        string
      >;
      expect(await ok("wallet", "balance", "--address", hot)).toMatchObject({ money: "0.04 USD" });
    } finally {
      await worker.stop();
    }
  });

  it("redeems what a vanished coordinator promised his worker in writing", async () => {
    const key = join(folder, "operator.json");
    const worker = restartWorker();
    const vouchers = join(folder, "worker", "vouchers.json");
    try {
      const more = ['budget: { max: "9 USD", perTask: "0.01 USD" }'];
      const { jobId } = await net.submit(writeJob(folder, { name: "vanished", range: [0, 29], more }));
      let accepted = 0;
      for await (const { event } of followJob(net.client, jobId, { signal: deadline("the twentieth result") })) {
        if (event?.$case === "task" && event.value.state === "accepted") accepted += 1;
        if (accepted === 20) break;
      }
      // Without blocks no pay is mined; what was sent is lost with its sender.
      await mineOnDemand(net.rpc);
      await net.ended(jobId);
      await net.devnet.daemon("coordinator").kill();
      await net.rpc.request("anvil_dropAllTransactions", []);
    } finally {
      await worker.stop();
      await mineEvery(net.rpc, 1);
    }
    const { worker: hot = "", vouchers: held } = JSON.parse(readFileSync(vouchers, "utf8")) as {
      readonly worker: string;
      readonly vouchers: readonly { readonly cumulative: string }[];
    };
    const promised = held.reduce((sum, { cumulative }) => sum + BigInt(cumulative), 0n);
    const before = await net.queries.tokenBalance(hot as Address);
    expect(promised).toBeGreaterThan(before);
    const redeemed = await ok("stake", "redeem", "--key", key, "--vouchers", vouchers);
    expect(Object.values(redeemed)).toContainEqual(expect.stringMatching(/ USD redeemed$/));
    expect(await net.queries.tokenBalance(hot as Address)).toBe(promised);
    // A second time it brings nothing, and costs nothing.
    expect(Object.values(await ok("stake", "redeem", "--key", key, "--vouchers", vouchers))).toContain("paid already");
  });

  it("has his worker take a seat on the jury, and gets the stake behind it back when he leaves it", async () => {
    const key = join(folder, "operator.json");
    const { worker = "" } = JSON.parse(readFileSync(join(folder, "registration.json"), "utf8")) as Record<
      string,
      string
    >;
    const seat = ["--key", key, "--worker", worker];
    expect(await ok("stake", "jury", "join", ...seat)).toMatchObject({ seat: "taken", "behind it": "0.20 USD" });
    const twice = await starling("stake", "jury", "join", ...seat);
    expect(twice).toMatchObject({ code: 5, stderr: expect.stringMatching(/has a seat on the jury already/) });
    const left = await ok("stake", "jury", "leave", ...seat);
    expect(left).toMatchObject({ seat: "none", "free from": expect.stringMatching(/^20/) });
    await passTime(net.rpc, 120);
    expect(await ok("stake", "jury", "leave", ...seat)).toMatchObject({ seat: "none", "behind it": "0.00 USD" });
  });

  it("leaves, and gets the stake back after the delay", async () => {
    const key = join(folder, "operator.json");
    const early = await starling("stake", "withdraw", "--key", key);
    expect(early.code).toBe(5);
    expect(early.stderr).toMatch(/the contract refuses: StakeNotUnbonding/);
    expect(await ok("stake", "unbond", "--key", key)).toMatchObject({
      "may withdraw from": expect.stringMatching(/^20/),
    });
    await passTime(net.rpc, 30 * 24 * 3_600);
    expect(await ok("stake", "withdraw", "--key", key)).toMatchObject({ stake: "0.00 USD" });
    expect(await ok("wallet", "balance", "--key", key)).toMatchObject({ money: "120.00 USD", stake: "0.00 USD" });
  });

  it("is told what is wrong with his keys, and never loses one", async () => {
    const key = join(folder, "operator.json");
    const before = readFileSync(key, "utf8");
    expect(await starling("wallet", "create", "--key", key)).toMatchObject({ code: 78 });
    expect(readFileSync(key, "utf8")).toBe(before);
    const wrong = join(folder, "wrong");
    writeFileSync(wrong, "incorrect\n", { mode: 0o600 });
    const ran = await net.starling(["stake", "stay", "--key", key], {
      environment: { ...environment, STARLING_PASSPHRASE_FILE: wrong },
    });
    expect(ran).toMatchObject({ code: 78, stderr: expect.stringMatching(/is not opened by this passphrase/) });
    chmodSync(wrong, 0o644);
    const exposed = await net.starling(["stake", "stay", "--key", key], {
      environment: { ...environment, STARLING_PASSPHRASE_FILE: wrong },
    });
    expect(exposed).toMatchObject({ code: 78, stderr: expect.stringMatching(/can be read by others: run chmod 600/) });
  });

  async function startWorker(key: string, operator: string): Promise<Daemon> {
    const dataDir = join(folder, "worker");
    const consent = await starling("worker", "identity", "--operator", operator, "--data-dir", dataDir);
    expect(consent, consent.stderr).toMatchObject({ code: 0 });
    const file = join(folder, "consent.json");
    writeFileSync(file, consent.stdout);
    const out = join(folder, "registration.json");
    await ok("stake", "register", "--key", key, "--consent", file, "--out", out, "--pledge", "50 USD");
    return restartWorker();
  }

  function restartWorker(): Daemon {
    const dataDir = join(folder, "worker");
    const out = join(folder, "registration.json");
    const bootstrap = net.devnet.ground.network.bootstrap.join(",");
    const ports = [
      "--listen",
      "/ip4/127.0.0.9/tcp/0",
      "--dial-from",
      "127.0.0.9",
      "--profile",
      "small",
      "--drain",
      "1s",
    ];
    const start = ["worker", "start", "--data-dir", dataDir, "--registration-file", out, "--bootstrap", bootstrap];
    const command = [starlingProgram, ...start, ...ports];
    return Daemon.start({ name: "owned", role: "worker", command, log: join(folder, "worker.log"), environment });
  }
});
