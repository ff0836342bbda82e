// Runs a local chain as a child process that can't outlive its parent. For devnets and tests.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { RpcClient } from "./client.ts";

/** How to run it. */
export interface AnvilOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  /** Accounts of the devnet mnemonic that hold ether. */
  readonly accounts?: number;
  readonly chainId?: number;
  /** A file that is loaded at start, and written at a graceful stop. */
  readonly stateFile?: string;
  readonly signal?: AbortSignal;
}

/** A running chain. It mines each transaction at once until `mineEvery` is called. */
export interface Anvil {
  readonly port: number;
  readonly httpUrl: string;
  readonly wsUrl: string;
  readonly pid: number;
  /** Settles when the process is gone, with its exit code; null after a signal. */
  readonly exited: Promise<number | null>;
  /** Asks for a graceful stop, and kills what has not stopped after two seconds. Safe to call twice. */
  stop(): Promise<void>;
}

/** The mnemonic that everybody's development tools share. Its keys are public: never put money there. */
export const devnetMnemonic = "test test test test test test test test test test test junk";
/** The chain id of local chains. */
export const devnetChainId = 31_337;

const accountsDefault = 100;
const startMsMax = 15_000;
const stopMsMax = 2_000;

/** The binary inside the npm package of this platform; its JavaScript launcher would cost half a second and a process. */
export function anvilBinary(): string {
  const arch = process.arch === "x64" ? "amd64" : process.arch;
  const platform = `@foundry-rs/anvil-${process.platform}-${arch}`;
  const launcher = createRequire(createRequire(import.meta.url).resolve("@foundry-rs/anvil/package.json"));
  return join(dirname(launcher.resolve(`${platform}/package.json`)), "bin", "anvil");
}

// The shell waits for the end of its third descriptor, which the kernel closes when the parent dies, however it dies.
const guard = `"$@" 3<&- & chain=$!
{ read -r _ <&3; kill -TERM "$chain" 2>/dev/null; } >/dev/null 2>&1 &
exec 3<&-
trap 'kill -TERM "$chain" 2>/dev/null' TERM INT HUP
wait "$chain"; code=$?
[ "$code" -gt 128 ] && wait "$chain" 2>/dev/null
exit "$code"`;

/** Starts a chain on 127.0.0.1, with the rules of production (gas limit per transaction included). Resolves when it answers. */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const rules = ["--hardfork", "osaka", "--enable-tx-gas-limit", "--chain-id", `${options.chainId ?? devnetChainId}`];
  const accounts = ["--mnemonic", devnetMnemonic, "--accounts", `${options.accounts ?? accountsDefault}`];
  const state = options.stateFile === undefined ? [] : ["--state", options.stateFile];
  const place = ["--host", "127.0.0.1", "--port", `${options.port ?? 0}`];
  const command = [anvilBinary(), ...place, ...rules, ...accounts, ...state];
  // A group of its own: Ctrl-C at a terminal must not take the chain from daemons that are still closing.
  const child = spawn("/bin/sh", ["-c", guard, "anvil", ...command], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    detached: true,
  });
  const exited = once(child, "exit").then(([code]: unknown[]) => (typeof code === "number" ? code : null));
  // The guard's reader ends with our end of the descriptor.
  void exited.then(() => child.stdio[3]?.destroy());
  const stop = () => stopGroup(child, exited);
  try {
    const limits = [AbortSignal.timeout(startMsMax), ...(options.signal === undefined ? [] : [options.signal])];
    const port = await listeningPort(child, AbortSignal.any(limits));
    const httpUrl = `http://127.0.0.1:${port}`;
    const rpc = new RpcClient(httpUrl, { timeoutMs: 2_000 });
    await rpc.request("eth_chainId", []);
    return { port, httpUrl, wsUrl: `ws://127.0.0.1:${port}`, pid: child.pid ?? 0, exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

// Reads the port from what it prints, and goes on emptying its output: a full pipe would stop it.
async function listeningPort(child: ChildProcess, signal: AbortSignal): Promise<number> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error("the chain's output is not connected");
  let text = "";
  let complaints = "";
  stderr.on("data", (chunk: Buffer) => {
    complaints = `${complaints}${chunk.toString("utf8")}`.slice(-1_000);
  });
  return new Promise((resolve, reject) => {
    const give = (error: Error): void => reject(error);
    signal.addEventListener("abort", () => give(new Error("the chain did not start in time")), { once: true });
    child.once("error", give);
    child.once("exit", (code) => give(new Error(`the chain ended with code ${code}: ${complaints.trim()}`)));
    stdout.on("data", (chunk: Buffer) => {
      if (text === "found") return;
      text += chunk.toString("utf8");
      const port = /Listening on [\d.]+:(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      text = "found";
      resolve(Number(port));
    });
  });
}

async function stopGroup(child: ChildProcess, exited: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill("SIGTERM");
  const graceful = new AbortController();
  const late = delay(stopMsMax, "late", { signal: graceful.signal }).catch(() => "done");
  if ((await Promise.race([exited, late])) === "late") killGroup(child.pid);
  graceful.abort();
  await exited;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It ended in this moment.
  }
}
