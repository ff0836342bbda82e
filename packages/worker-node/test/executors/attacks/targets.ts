// What the attacks aim at: sockets that count, a process that does nothing, a file that everybody may read, and a secret in the environment.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Targets } from "./attack.ts";

/** Targets that are there until `close`. `area` is the process executor's folder, or null without one. */
export interface OpenTargets extends Targets {
  close(): void;
}

/** Makes the targets. The secret is in this process's environment from then on. */
export async function openTargets(area: () => string | null): Promise<OpenTargets> {
  const folder = mkdtempSync(join(tmpdir(), "targets-"));
  chmodSync(folder, 0o755);
  const canary = `canary-${Math.random().toString(36).slice(2)}`;
  const canaryFile = join(folder, "canary");
  writeFileSync(canaryFile, canary, { mode: 0o644 });
  process.env.STARLING_CANARY = canary;
  let connections = 0;
  const listen = async (on: number | string): Promise<Server> => {
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    if (typeof on === "number") server.listen(on, "127.0.0.1");
    else server.listen(on);
    await once(server, "listening");
    return server;
  };
  const socketPath = join(folder, "socket");
  const abstractName = `starling-${canary}`;
  const servers = [await listen(0), await listen(socketPath), await listen(`\0${abstractName}`)];
  chmodSync(socketPath, 0o777);
  const address = servers[0]?.address();
  const bystander = spawn("sleep", ["600"], { stdio: "ignore" });
  return {
    canary,
    canaryFile,
    port: typeof address === "object" && address !== null ? address.port : 0,
    socketPath,
    abstractName,
    connections: () => connections,
    bystander: bystander.pid ?? 0,
    bystanderLives: () => bystander.exitCode === null && bystander.signalCode === null,
    leftovers: () => groupsLeft(area()),
    close: () => {
      for (const server of servers) server.close();
      bystander.kill("SIGKILL");
      delete process.env.STARLING_CANARY;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// A group can only be removed when everything in it is dead.
function groupsLeft(area: string | null): readonly string[] {
  if (area === null || !existsSync(join(area, "groups.json"))) return [];
  const folders = JSON.parse(readFileSync(join(area, "groups.json"), "utf8")) as string[];
  return folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()))
    .map(({ name }) => name);
}
