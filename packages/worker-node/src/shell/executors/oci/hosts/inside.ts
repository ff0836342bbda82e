// A socket that listens inside a container's network, held by the worker: a short-lived process goes there, listens, and hands it over.
import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { Server } from "node:net";

/** Where a container's clients find it. Nobody else is in that network. */
export const insideAddress = { host: "127.0.0.1", port: 3_128 } as const;

const SAID_MAX = 2_000;

/**
 * Run by the short-lived process; what it listens on belongs to the network that it was started in, whoever holds it. It ends then, and when its
 * worker does: a second holder would take connections away.
 */
const LISTENS = `
const server = require("node:net").createServer();
process.once("disconnect", () => process.exit());
server.listen(${JSON.stringify(insideAddress)}, () => process.send("listening", server, () => process.exit()));
`;

/** Of a container that runs, by the process that Docker names. */
export interface InsideOptions {
  readonly pid: number;
  /** Asks Docker again: a number that died may be somebody else's by now. */
  readonly isStill: (pid: number) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** Listens in the container's network; rejects where it has none of its own. */
export async function listenInside({ pid, isStill, signal }: InsideOptions): Promise<Server> {
  const network = openSync(`/proc/${pid}/ns/net`, "r");
  try {
    if (fstatSync(network).ino === statSync("/proc/self/ns/net").ino)
      throw new Error("the container has no network of its own");
    if (!(await isStill(pid))) throw new Error("the container ended before its network was ready");
    return await handedOver(network, signal);
  } finally {
    closeSync(network);
  }
}

async function handedOver(network: number, signal: AbortSignal): Promise<Server> {
  const words = ["--net=/proc/self/fd/4", process.execPath, "--eval", LISTENS];
  const child = spawn("nsenter", words, {
    stdio: ["ignore", "ignore", "pipe", "ipc", network],
    env: { PATH: "/usr/bin:/bin" },
    signal,
    killSignal: "SIGKILL",
  });
  let said = "";
  child.stderr?.on("data", (bytes: Buffer) => {
    said = (said + bytes).slice(-SAID_MAX);
  });
  return await new Promise<Server>((resolve, reject) => {
    let server: unknown;
    child.once("message", (_message, handle) => {
      server = handle;
    });
    child.once("error", reject);
    child.once("close", () => {
      if (server instanceof Server) resolve(server);
      else reject(new Error(`the container's network can't be entered: ${said.trim()}`));
    });
  });
}
