// `starling devnet` as its users call it: in the background and in front, twice in one home, with a death inside, and with Ctrl-C.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NetworkFile, parseNetworkFile } from "@starling/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { DaemonState, DevnetState } from "../../scripts/devnet/state-file.ts";
import { within } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import { logSays } from "../harness/log-lines.ts";
import { environmentWithoutRunner, processesMentioning, type Ran, run, untilGone } from "../harness/processes.ts";
import { starlingProgram } from "../harness/test-devnet.ts";

describe("starling devnet", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "starling-devnet-test-"));
  });
  afterEach(async () => {
    await devnet("down");
    rmSync(home, { recursive: true, force: true });
  });

  function devnet(...args: string[]): Promise<Ran> {
    // What goes on in the background must end even if this test is killed.
    const bound = args[0] === "up" ? ["--for", "5"] : [];
    return run(starlingProgram, ["devnet", ...args, ...bound], {
      environment: { STARLING_HOME: home },
      limitMs: 120_000,
    });
  }

  function starling(...args: string[]): Promise<Ran> {
    return run(starlingProgram, args, { environment: { STARLING_HOME: home } });
  }

  function of(daemons: readonly DaemonState[], name: string): DaemonState {
    const found = daemons.find((daemon) => daemon.name === name);
    if (found === undefined) throw new Error(`the devnet tells of no ${name}`);
    return found;
  }

  function networkFile(): NetworkFile {
    const parsed = parseNetworkFile(readFileSync(join(home, "devnet", "network.json"), "utf8"));
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.network;
  }

  it("comes up in the background, is found by other commands, refuses a second one, and goes down without a trace", async () => {
    const up = await devnet("up", "--workers", "2", "--detach", "-o", "json");
    expect(up, up.stderr).toMatchObject({ code: 0 });
    const state = JSON.parse(up.stdout) as DevnetState;
    expect(state).toMatchObject({ phase: "ready", home });
    expect(Number.isInteger(state.startMs)).toBe(true);
    expect(up.stdout).toBe(`${JSON.stringify(state, null, 2)}\n`);
    expect(state.daemons.map(({ name }) => name)).toEqual(["chain", "coordinator", "worker-1", "worker-2", "referee"]);
    expect(JSON.stringify(state)).not.toMatch(/liar|lies/);
    const status = await devnet("status");
    expect(status).toMatchObject({ code: 0 });
    expect(status.stdout).toMatch(/worker-2.*admitted, connected/);
    const nodes = await run(starlingProgram, ["node", "list", "-o", "name"], { environment: { STARLING_HOME: home } });
    expect(nodes.stdout.trim().split("\n")).toHaveLength(3);
    const second = await devnet("up");
    expect(second).toMatchObject({ code: 78, stdout: "" });
    expect(second.stderr).toMatch(/already runs.*devnet down/);
    const relatives = processesMentioning(home);
    expect(await devnet("down")).toMatchObject({ code: 0 });
    await untilGone(relatives);
    expect(processesMentioning(home)).toEqual([]);
    expect((await devnet("status")).code).toBe(1);
  });

  it("runs in front until Ctrl-C, and then leaves nothing behind", async () => {
    const args = [
      "--disable-warning=ExperimentalWarning",
      starlingProgram,
      "devnet",
      "up",
      "--workers",
      "1",
      "--no-referee",
    ];
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "ignore"],
      env: { ...environmentWithoutRunner(), STARLING_HOME: home },
    });
    const ended = once(child, "close");
    await within("the table of a ready devnet", once(child.stdout, "data"));
    const relatives = processesMentioning(home);
    expect(relatives.length).toBeGreaterThanOrEqual(4);
    child.kill("SIGINT");
    const [code] = (await within("end of the devnet", ended)) as [number | null];
    expect(code).toBe(130);
    expect(processesMentioning(home)).toEqual([]);
  });

  it("says which daemon died and why", async () => {
    const up = await devnet("up", "--workers", "2", "--detach", "-o", "json");
    const worker = (JSON.parse(up.stdout) as DevnetState).daemons.find(({ name }) => name === "worker-1");
    process.kill(worker?.pid ?? 0, "SIGKILL");
    await untilGone([worker?.pid ?? 0]);
    const status = await devnet("status");
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/worker-1.*killed by SIGKILL/);
    expect(status.stdout).toContain("starling devnet start worker-1");
    expect((await devnet("logs", "supervisor-of-nothing")).code).toBe(1);
    expect((await devnet("logs", "worker-1")).stdout).toContain('"daemon":"worker"');
    // It comes back with its keys and its journal, and so does one that was stopped in order.
    const started = await devnet("start", "worker-1");
    expect(started, started.stderr).toMatchObject({ code: 0 });
    expect(started.stderr).toMatch(/worker-1 is back, process \d+/);
    expect(await devnet("status")).toMatchObject({ code: 0 });
    expect(await devnet("stop", "coordinator")).toMatchObject({ code: 0 });
    expect((await devnet("status")).code).toBe(1);
    expect(await devnet("start", "coordinator")).toMatchObject({ code: 0 });
    expect((await devnet("start", "coordinator")).stderr).toMatch(/runs already/);
    const unknown = await devnet("start", "worker-9");
    expect(unknown).toMatchObject({ code: 1 });
    expect(unknown.stderr).toMatch(/no daemon worker-9; there are chain, coordinator, worker-1, worker-2, referee/);
  });

  it("names a chain that died while a job waits for it", async () => {
    const up = await devnet("up", "--workers", "2", "--detach", "-o", "json");
    const { daemons } = JSON.parse(up.stdout) as DevnetState;
    const [chain, coordinator] = [of(daemons, "chain"), of(daemons, "coordinator")];
    const file = writeJob(join(home, "job"), { name: "orphan" });
    const submitted = await starling("job", "submit", "-f", file);
    expect(submitted, submitted.stderr).toMatchObject({ code: 0 });
    const jobId = submitted.stdout.trim();
    // The whole group: the process that is told to others is the guard of the chain's own.
    process.kill(-chain.pid, "SIGKILL");
    const line = await logSays(coordinator.log, "the chain is gone", (one) => one.message === "chain not reachable");
    expect(line.error).toMatch(/connection/);

    const explained = await starling("job", "explain", jobId);
    expect(explained.stdout).toMatch(
      /^job .*\nwaits: the chain's node at 127\.0\.0\.1:\d+ has not answered since .*\[chainUnreachable\]/,
    );
    const settled = await starling("settle", "status", "--job", jobId);
    expect(settled.stdout).toMatch(/chain: +not reachable since 20.*; the books are those of block \d+/);
    expect(settled.stdout).not.toMatch(/equal the chain/);

    const status = await devnet("status");
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/devnet +failed.*the chain ended: it was killed by SIGKILL/);
    expect(status.stdout).toMatch(/^chain +http:.* \d+ +ended: it was killed by SIGKILL$/m);
    const started = await devnet("start", "chain");
    expect(started).toMatchObject({ code: 1 });
    expect(started.stderr).toMatch(/its state ends with its process.*devnet down.*devnet up/);
  });

  it("leaves nothing behind when its supervisor is killed", async () => {
    const up = await devnet("up", "--workers", "2", "--detach", "-o", "json");
    const { pid } = JSON.parse(up.stdout) as DevnetState;
    const relatives = processesMentioning(home);
    process.kill(pid, "SIGKILL");
    await untilGone(relatives);
    expect((await devnet("status")).code).toBe(1);
    expect((await devnet("start", "worker-1")).code).toBe(1);
    // The home can be used again at once, for a network of its own.
    const before = networkFile();
    expect(await devnet("up", "--workers", "1", "--no-referee", "--detach")).toMatchObject({ code: 0 });
    const after = networkFile();
    expect(after.networkId).toMatch(/^devnet-[0-9a-f]{8}$/);
    expect(after.networkId).not.toBe(before.networkId);
    expect(after.contracts.jobEscrow).not.toBe(before.contracts.jobEscrow);
  });

  it("refuses command lines that make no sense", async () => {
    const wrong = [
      ["fly"],
      ["up", "--workers", "0"],
      ["up", "--liars", "9"],
      ["up", "--behaviour", "angel=1"],
      ["up", "--behaviour", "liar=2,lazy=2,staller=2"],
      ["start"],
      ["up", "-o", "xml"],
      ["status", "it"],
      [],
    ];
    const answers = await Promise.all(wrong.map((args) => devnet(...args)));
    for (const answer of answers) expect(answer).toMatchObject({ code: 64, stdout: "" });
    expect(await devnet("--help")).toMatchObject({ code: 0 });
  });
});
