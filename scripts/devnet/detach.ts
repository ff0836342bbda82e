// A devnet in the background: a process of its own that tells its starter how it goes, and stops if the starter dies before it is ready.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "@starling/sdk";
import type { UpOptions } from "./arguments.ts";
import { checkClientFile } from "./client-file.ts";
import { placesIn } from "./places.ts";
import type { DevnetState } from "./state-file.ts";

/** What the background process says. */
export type Told =
  | { readonly type: "step"; readonly step: string }
  | { readonly type: "ready"; readonly state: DevnetState }
  | { readonly type: "failed"; readonly message: string };

const mark = "STARLING_DEVNET_BACKGROUND";

/** Whether this process is the background one. */
export function isBackground(): boolean {
  return process.env[mark] === "1" && process.send !== undefined;
}

/** Tells the starter. Nothing happens when it is gone. */
export function tellStarter(told: Told): void {
  if (process.connected) process.send?.(told, undefined, {}, () => undefined);
  if (told.type === "ready" && process.connected) process.disconnect();
}

/** Starts the background process and waits until its devnet is ready. Rejects with its reason when it fails. */
export async function startInBackground(options: UpOptions, signal: AbortSignal): Promise<DevnetState> {
  const places = placesIn(options.home);
  checkClientFile(places);
  makeFolder(places.home);
  mkdirSync(places.folder, { recursive: true, mode: 0o700 });
  const log = openSync(places.supervisorLog, "w", 0o600);
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", join(import.meta.dirname, "main.ts"), ...argumentsOf(options)],
    {
      detached: true,
      stdio: ["ignore", log, log, "ipc"],
      env: { ...process.env, [mark]: "1" },
    },
  );
  closeSync(log);
  const stop = (): void => void child.kill("SIGTERM");
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await readiness(child, options.format === "table");
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function readiness(child: ChildProcess, isTalking: boolean): Promise<DevnetState> {
  let failure: string | null = null;
  return new Promise((resolve, reject) => {
    child.on("message", (told: Told) => {
      if (told.type === "step" && isTalking) process.stderr.write(`${told.step}\n`);
      if (told.type === "failed") failure = told.message;
      if (told.type !== "ready") return;
      child.unref();
      resolve(told.state);
    });
    child.once("error", reject);
    // The reason comes before the end, and by then everything is stopped.
    child.once("exit", (code) =>
      reject(new Error(failure ?? `the devnet ended with code ${code} before it was ready`)),
    );
  });
}

function argumentsOf({
  home,
  workers,
  parts,
  referee,
  separateBootstrap,
  noChain,
  minutes,
  format,
}: UpOptions): readonly string[] {
  const cast = parts.map(({ behaviour, count }) => `${behaviour}=${count}`).join(",");
  const size = ["--workers", `${workers}`, "--behaviour", cast, ...(referee ? [] : ["--no-referee"])];
  const bootstrap = ["--bootstrap", separateBootstrap ? "separate" : "coordinator"];
  const end = minutes === null ? [] : ["--for", `${minutes}`];
  const chain = noChain ? ["--no-chain"] : [];
  return ["up", "--detach", "--home", home, "-o", format, ...size, ...bootstrap, ...chain, ...end];
}
