// A Docker Engine of the tests' own: Debian's dockerd on a private socket, with folders of its own and no part in the host's network.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missingPackages } from "../../../../test/harness/debian.ts";

const PACKAGES = ["docker.io", "busybox-static"];
const START_MS_MAX = 60_000;

/**
 * Defines tests against a real Docker in the long run, where one can be started with what these tests need beside it; elsewhere one that bears
 * the reason in its name.
 */
export function describeContainers(name: string, define: () => void, others: readonly string[] = []): void {
  const missing = missingForContainers(others);
  if (missing === null) describe(name, define);
  else test(`${name}: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
}

function missingForContainers(others: readonly string[]): string | null {
  if (process.env.STARLING_TEST_FULL !== "1") return "it takes the long run: npm run test:full";
  if (process.getuid?.() !== 0) return "dockerd needs root";
  const packages = missingPackages([...PACKAGES, ...others]);
  return packages.length === 0 ? null : `there is no ${packages.join(", ")}`;
}

/** A running engine. */
export interface Dockerd {
  readonly socketPath: string;
  /** Ends it and removes all that it had. */
  stop(): Promise<void>;
}

/** What one is started with beside the usual. */
export interface DockerdParts {
  /** A folder whose programs it finds before the machine's own. */
  readonly programs?: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Starts one; throws with the end of its log where it can't. */
export async function startDockerd({ programs, config: more = {} }: DockerdParts = {}): Promise<Dockerd> {
  const folder = mkdtempSync(join(tmpdir(), "dockerd-"));
  const socketPath = join(folder, "docker.sock");
  const config = {
    hosts: [`unix://${socketPath}`],
    "data-root": join(folder, "data"),
    "exec-root": join(folder, "exec"),
    pidfile: join(folder, "pid"),
    bridge: "none",
    iptables: false,
    ip6tables: false,
    "ip-forward": false,
    "ip-masq": false,
    runtimes: { runsc: { path: "runsc", runtimeArgs: ["--network=none", "--platform=ptrace"] } },
    ...more,
  };
  writeFileSync(join(folder, "daemon.json"), JSON.stringify(config));
  // It ends with the test that started it, however that ends.
  const words = ["--pdeathsig", "SIGTERM", "dockerd", "--config-file", join(folder, "daemon.json")];
  const path = [...(programs === undefined ? [] : [programs]), process.env.PATH ?? ""].join(":");
  const daemon = spawn("setpriv", words, { stdio: ["ignore", "ignore", "pipe"], env: { ...process.env, PATH: path } });
  let said = "";
  const listening = new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`dockerd did not start in time: ${said.slice(-1_000)}`)),
      START_MS_MAX,
    );
    daemon.stderr.on("data", (bytes: Buffer) => {
      said = (said + bytes).slice(-20_000);
      if (!said.includes("API listen on")) return;
      clearTimeout(late);
      resolve();
    });
    daemon.once("exit", () => reject(new Error(`dockerd did not start: ${said.slice(-1_000)}`)));
  });
  const stop = () => stopDockerd(daemon, folder);
  try {
    await listening;
  } catch (error) {
    await stop();
    throw error;
  }
  return { socketPath, stop };
}

async function stopDockerd(daemon: ChildProcess, folder: string): Promise<void> {
  if (daemon.exitCode === null && daemon.signalCode === null) {
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    await ended;
  }
  if (!existsSync(folder)) return;
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  // What is mounted there is not the test's to remove.
  if (!mounts.includes(` ${folder}/`)) rmSync(folder, { recursive: true, force: true });
}
