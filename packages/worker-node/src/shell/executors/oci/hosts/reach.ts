// The hosts of one attempt, from its start to its end: a gate before its program, a socket in its network, and a proxy behind that.
import type { DockerEngine } from "@starling/node-kit";
import type { RunOutcome, TaskRun } from "../../executor.ts";
import { within } from "../container.ts";
import { isGvisor } from "../plan.ts";
import { resolveName } from "./dial.ts";
import { Gate, gateEntry } from "./gate.ts";
import { insideAddress, listenInside } from "./inside.ts";
import { HostProxy } from "./proxy.ts";
import type { HostBytes } from "./traffic.ts";

const OPEN_TIMEOUT_MS = 30_000;

/** What the owner lets tasks reach. */
export interface HostRules {
  /** In their one form; a task reaches those that it asked for and that are among these. */
  readonly hosts: readonly string[];
  /** Of one task, in both directions together. */
  readonly bytesMax: number;
}

/** What a container is given so that it reaches hosts. */
export interface ReachParts {
  readonly bind: string;
  readonly entry: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Prepares the way of a task that asks for hosts; null for one that doesn't. Rejects where the owner does not let it. */
export async function prepareReach(
  { hosts = [] }: TaskRun,
  {
    rules,
    folder,
    runtime,
  }: { readonly rules: HostRules | undefined; readonly folder: string; readonly runtime: string },
): Promise<Reach | null> {
  if (hosts.length === 0) return null;
  if (isGvisor(runtime)) throw new Error("gVisor's containers reach no hosts: their network is not the kernel's");
  const unlisted = hosts.find((host) => rules?.hosts.includes(host) !== true);
  if (rules === undefined || unlisted !== undefined) throw new Error(`the owner lets no task reach ${unlisted}`);
  return await Reach.prepare(hosts, rules, folder);
}

/** The outcome with what the attempt exchanged with hosts in its usage. */
export function withHostBytes(outcome: RunOutcome, bytes: HostBytes | undefined): RunOutcome {
  if (bytes === undefined || outcome.kind === "infrastructure") return outcome;
  const { usage } = outcome;
  const bytesIn = usage.bytesIn + bytes.received;
  return { ...outcome, usage: { ...usage, bytesIn, bytesOut: usage.bytesOut + bytes.sent } };
}

/** The way of one attempt to its hosts. */
export class Reach {
  readonly #gate: Gate;
  readonly #proxy: HostProxy;

  private constructor(gate: Gate, proxy: HostProxy) {
    this.#gate = gate;
    this.#proxy = proxy;
  }

  /** Lays it out in a new folder. */
  static async prepare(hosts: readonly string[], rules: HostRules, folder: string): Promise<Reach> {
    const gate = await Gate.layOut(folder);
    const { bytesMax } = rules;
    return new Reach(gate, new HostProxy({ hosts, bytesMax, listed: new Set(rules.hosts), resolve: resolveName }));
  }

  get parts(): ReachParts {
    const url = `http://${insideAddress.host}:${insideAddress.port}`;
    const names = ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"];
    return { bind: this.#gate.bind, entry: gateEntry, env: Object.fromEntries(names.map((name) => [name, url])) };
  }

  /** Opens the way of a container that was just started, and lets its program begin. */
  async open(engine: DockerEngine, name: string, outer: AbortSignal): Promise<void> {
    await within(
      OPEN_TIMEOUT_MS,
      async (signal) => {
        const isStill = async (pid: number): Promise<boolean> => (await engine.pidOf(name, signal)) === pid;
        const pid = await engine.pidOf(name, signal);
        this.#proxy.listen(await listenInside({ pid, isStill, signal }));
      },
      outer,
    );
    this.#gate.open();
  }

  bytes(): HostBytes {
    return this.#proxy.bytes();
  }

  close(): void {
    this.#proxy.close();
    this.#gate.close();
  }
}
