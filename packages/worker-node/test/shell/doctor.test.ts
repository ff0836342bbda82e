// What the doctor says: what works, what does not, and how to mend it.
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { loadConfig } from "@starling/node-kit";
import { describe, expect, onTestFinished, test } from "vitest";
import { workerOptions } from "../../src/config.ts";
import { checkChain } from "../../src/shell/doctor/chain-checks.ts";
import { isHealthy, reportText } from "../../src/shell/doctor/doctor.ts";
import { failure, ok, warning } from "../../src/shell/doctor/finding.ts";
import {
  checkDataDirectory,
  checkExecutors,
  checkMachine,
  checkRuntime,
} from "../../src/shell/doctor/machine-checks.ts";
import { checkBootstrap, checkPorts } from "../../src/shell/doctor/network-checks.ts";
import { deadline, domain, networkId, temporaryDirectory } from "./support.ts";

async function usedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("the report", () => {
  const findings = [ok("runtime", "Node 24"), warning("disk", "nearly full", "free some space")];

  test("has a line for each check, and what mends it below", () => {
    expect(reportText(findings)).toBe(
      "ok       runtime  Node 24\nwarning  disk     nearly full\n                  -> free some space\n",
    );
  });

  test("is healthy without failures; warnings do not count", () => {
    expect(isHealthy(findings)).toBe(true);
    expect(isHealthy([...findings, failure("chain", "away", "check")])).toBe(false);
  });
});

describe("this machine", () => {
  test("runs the daemon and its executors", async () => {
    expect(checkRuntime()[0]).toMatchObject({ check: "runtime", status: "ok" });
    expect(await checkExecutors({ allowProcess: false }, deadline())).toMatchObject([
      { check: "class wasm", status: "ok" },
      { check: "class cpu", status: "ok", message: expect.stringContaining("not allowed") },
    ]);
    const tools = { nvidiaSmi: "no-such-tool", rocmSmi: "no-such-tool" };
    const [machine] = await checkMachine({ dataDir: temporaryDirectory(), ...tools }, deadline());
    expect(machine?.message).toMatch(/\d+ cores/);
  });

  test("needs a folder that nobody else uses", async () => {
    const folder = temporaryDirectory();
    expect(await checkDataDirectory(folder)).toMatchObject([{ status: "ok" }, { check: "disk" }]);
    writeFileSync(join(folder, "file"), "");
    const [unusable] = await checkDataDirectory(join(folder, "file", "below"));
    expect(unusable).toMatchObject({ check: "data directory", status: "failure" });
  });
});

describe("the way out", () => {
  test("has ports that can be bound", async () => {
    const port = await usedPort();
    expect(await checkPorts(["/ip4/127.0.0.1/tcp/0", `/ip4/127.0.0.1/tcp/${port}`, "/unix/socket"])).toMatchObject([
      { status: "ok" },
      { status: "failure", message: expect.stringContaining("EADDRINUSE") },
      { status: "warning" },
    ]);
  });

  test("has hubs; a dead one is a warning, none at all a failure", async () => {
    const port = await usedPort();
    const found = await checkBootstrap([
      `/ip4/127.0.0.1/tcp/${port}/p2p/12D3KooW`,
      "/ip4/127.0.0.1/tcp/9/p2p/12D3KooW",
    ]);
    expect(found).toMatchObject([{ status: "ok" }, { status: "warning" }]);
    expect(await checkBootstrap([])).toMatchObject([{ status: "failure" }]);
  });
});

describe("the chain", () => {
  const { stakeRegistry, jobEscrow, court } = domain;
  const file = {
    name: "test",
    networkId,
    chainId: domain.chainId,
    contracts: { token: court, stakeRegistry, jobEscrow, court },
    coordinators: [],
    bootstrap: [],
    confirmations: 1,
  };
  const settings = (dataDir: string) =>
    loadConfig(workerOptions, {
      args: ["--data-dir", dataDir, "--network", "unread", "--rpc-url", "http://127.0.0.1:9"],
      environment: {},
    }).values;

  test("that does not answer is a failure, beside a missing registration", async () => {
    const found = await checkChain(settings(join(temporaryDirectory(), "data")), file);
    expect(found.map(({ check, status }) => `${check} ${status}`)).toEqual([
      "chain failure",
      "keys ok",
      "registration failure",
    ]);
  });

  test("is not asked for a worker whose key others can read", async () => {
    const dataDir = temporaryDirectory();
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(join(dataDir, "worker.key"), "1".repeat(64));
    chmodSync(join(dataDir, "worker.key"), 0o644);
    const found = await checkChain(settings(dataDir), file);
    expect(found.at(-1)).toMatchObject({
      check: "keys",
      status: "failure",
      message: expect.stringContaining("chmod 600"),
    });
  });
});
