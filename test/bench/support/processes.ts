// Memory and CPU time of a devnet's processes with everything that they started, from /proc.
import { readdirSync, readFileSync } from "node:fs";
import type { Devnet } from "../../../scripts/devnet/devnet.ts";

/** What processes use, all together. */
export interface Use {
  /** Resident memory, shared pages counted in every process that has them. */
  readonly rssBytes: number;
  /** Resident memory, shared pages divided by those who share them. */
  readonly pssBytes: number;
  /** CPU time since their starts. */
  readonly cpuMs: number;
  readonly processes: number;
}

/** CPU time by what the processes are. */
export interface CpuByRole {
  readonly chain: number;
  readonly coordinator: number;
  readonly workers: number;
  /** This process: the client. */
  readonly client: number;
}

/** Length of a tick of the kernel's process clocks, the same on every Linux. */
const tickMs = 10;

/** All of these processes and their descendants. */
export function useOf(pids: readonly number[]): Use {
  const all = withDescendants(pids);
  let [rssBytes, pssBytes, cpuMs] = [0, 0, 0];
  for (const pid of all) {
    rssBytes += kibibytes(pid, "status", "VmRSS:");
    pssBytes += kibibytes(pid, "smaps_rollup", "Pss:");
    cpuMs += cpuMsOf(pid);
  }
  return { rssBytes, pssBytes, cpuMs, processes: all.length };
}

/** CPU time that a devnet and this process have used so far, milliseconds. */
export function cpuByRole(devnet: Devnet): CpuByRole {
  const { daemons } = devnet.state();
  const of = (isIt: (role: string) => boolean): number =>
    withDescendants(daemons.filter(({ role, end }) => end === null && isIt(role)).map(({ pid }) => pid)).reduce(
      (sum, pid) => sum + cpuMsOf(pid),
      0,
    );
  const { user, system } = process.cpuUsage();
  return {
    chain: cpuMsOf(devnet.ground.anvil.pid),
    coordinator: of((role) => role === "coordinator"),
    workers: of((role) => role === "worker" || role === "referee"),
    client: (user + system) / 1_000,
  };
}

/** What was used between two looks, divided by a number of things. */
export function cpuPer(before: CpuByRole, after: CpuByRole, count: number): CpuByRole & { readonly text: string } {
  const per = (role: keyof CpuByRole): number => (after[role] - before[role]) / count;
  const used = { chain: per("chain"), coordinator: per("coordinator"), workers: per("workers"), client: per("client") };
  const all = used.chain + used.coordinator + used.workers + used.client;
  const { coordinator, workers, client, chain } = used;
  const parts = { coordinator, workers, client, chain };
  const words = Object.entries(parts).map(([name, value]) => `${name} ${value.toFixed(1)}`);
  return { ...used, text: `${all.toFixed(1)} ms CPU (${words.join(", ")})` };
}

function withDescendants(pids: readonly number[]): readonly number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const parent = Number(fields(pid)[1] ?? 0);
    children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const found: number[] = [];
  const queue = [...pids];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
    found.push(pid);
    queue.push(...(children.get(pid) ?? []));
  }
  return found;
}

function cpuMsOf(pid: number): number {
  const [user = 0, system = 0] = [fields(pid)[11], fields(pid)[12]].map(Number);
  return (user + system) * tickMs;
}

/** What stands in the process's stat after its name: state, parent, and so on. Empty when it is gone. */
function fields(pid: number): readonly string[] {
  const text = read(pid, "stat");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

function kibibytes(pid: number, file: string, label: string): number {
  const line = read(pid, file)
    .split("\n")
    .find((one) => one.startsWith(label));
  return Number(line?.slice(label.length).trim().split(" ")[0] ?? 0) * 1_024;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
