// What the doctor says: what works, what does not, and how to mend it.
import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { loadConfig, serveDialBack } from "@starling/node-kit";
import { describe, expect, onTestFinished, test } from "vitest";
import { workerOptions } from "../../src/config.ts";
import { checkChain } from "../../src/shell/doctor/chain-checks.ts";
import { isHealthy, reportText } from "../../src/shell/doctor/doctor.ts";
import { type Finding, failure, ok, warning } from "../../src/shell/doctor/finding.ts";
import {
  checkDataDirectory,
  checkExecutors,
  checkMachine,
  checkMemory,
  checkRuntime,
  checkUser,
} from "../../src/shell/doctor/machine-checks.ts";
import { checkBootstrap, checkPorts } from "../../src/shell/doctor/network-checks.ts";
import { checkReachable } from "../../src/shell/doctor/reachable-check.ts";
import { deadline, domain, networkId, openTestNode, temporaryDirectory } from "./support.ts";

async function usedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** By another user where this one is root; what he may read beside is the repository, wherever it lies. */
async function examinedByNobody(): Promise<readonly Finding[]> {
  const program = [process.execPath, fileURLToPath(new URL("./doctor-elsewhere.ts", import.meta.url))];
  const folder = temporaryDirectory();
  const env = { ...process.env, TMPDIR: folder, HOME: folder };
  const reads = ["--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"];
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder, 65_534, 65_534);
  const words = isRoot
    ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ...reads, ...program]
    : program;
  const [command = "", ...args] = words;
  const { stdout } = await promisify(execFile)(command, args, { env });
  return JSON.parse(stdout) as Finding[];
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
    const nothing = {
      allowProcess: false,
      allowRootfs: false,
      rootfsBytes: 1,
      allowImages: false,
      dockerSocket: "/nowhere/docker.sock",
      dockerRuntime: "runc",
      nvidiaSmi: "no-such-tool",
      rocmSmi: "no-such-tool",
    };
    expect(await checkExecutors(nothing, deadline())).toMatchObject([
      { check: "class wasm", status: "ok" },
      { check: "class cpu", status: "ok", message: expect.stringContaining("not allowed") },
      { check: "class cpu-root", status: "ok", message: expect.stringContaining("not allowed") },
      { check: "class cpu-image", status: "ok", message: expect.stringContaining("not allowed") },
    ]);
    expect(await checkExecutors({ ...nothing, allowImages: true }, deadline())).toContainEqual({
      check: "class cpu-image",
      status: "failure",
      message: expect.stringMatching(/no Docker answers at \/nowhere|root|Linux|x86-64/),
      fix: expect.stringMatching(/--docker-socket|as root/),
    });
    const [machine] = await checkMachine({ dataDir: temporaryDirectory() });
    expect(machine?.message).toMatch(/\d+ cores/);
  });

  test("as a user that is not root: wasm works and how it is held, the rest does not and how it would", async () => {
    const findings = await examinedByNobody();
    const found = Object.fromEntries(findings.map(({ check, ...finding }) => [check, finding]));
    expect(found.user).toMatchObject({
      status: "failure",
      message: expect.stringMatching(
        /^not root \(user \d+\): class wasm works, in a child process without permissions/,
      ),
      fix: expect.stringMatching(/as root, .* or leave out --allow-process, --allow-rootfs, --allow-images$/),
    });
    expect(found["class wasm"]).toMatchObject({
      status: "ok",
      message: expect.stringContaining("isolation v8-child-process"),
    });
    for (const name of ["class cpu", "class cpu-root", "class cpu-image"])
      expect(found[name]).toMatchObject({ status: "failure", fix: expect.stringMatching(/as root/) });
    expect(checkUser({ allowProcess: false, allowRootfs: false, allowImages: false }, 1_000)).toMatchObject({
      status: "ok",
    });
  }, 60_000);

  test("says which versions it speaks, and whether there is memory for its tasks", () => {
    expect(checkRuntime()[1]).toMatchObject({ check: "versions", status: "ok" });
    expect(checkMemory({ slots: 2 }, 2 ** 30)).toMatchObject({
      status: "ok",
      message: "1Gi available for 2 tasks at once",
    });
    const tight = checkMemory({ slots: 4 }, 600 * 2 ** 20);
    expect(tight).toMatchObject({ status: "warning", fix: expect.stringContaining("--slots 2") });
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

describe("reachability", () => {
  test("is what a hub says that has dialled back; a hub that does not is passed over", async () => {
    const [hub, silent] = await Promise.all([openTestNode({ role: "hub" }), openTestNode({ role: "hub" })]);
    onTestFinished(async () => void (await Promise.all([hub.close(), silent.close()])));
    await serveDialBack(hub);
    const check = (bootstrap: readonly string[], listen = "/ip4/127.0.0.1/tcp/0") =>
      checkReachable({ listen: [listen], announce: undefined, bootstrap, profile: "small" }, file, {
        signal: deadline(),
      });
    const both = [...silent.addresses(), ...hub.addresses()];
    expect(await check(both)).toMatchObject([{ status: "ok", message: expect.stringContaining(hub.peerId) }]);
    // Something else is at that port, which is as good: it may be the worker itself.
    expect(await check(hub.addresses(), `/ip4/127.0.0.1/tcp/${await usedPort()}`)).toMatchObject([{ status: "ok" }]);
    expect(await check(silent.addresses())).toMatchObject([{ check: "reachability", status: "warning" }]);
    expect(await check([])).toEqual([]);
  });
});

describe("the chain", () => {
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
