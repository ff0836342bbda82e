// Kills daemons of a devnet at places on their lines to the chain and at failpoints, and takes blocks back meanwhile.
import type { RandomStream } from "@starling/kernel";
import { reorganise } from "@starling/node-kit";
import { expect } from "vitest";
import { faultPlan, honestPlan } from "../harness/rpc-faults.ts";
import { RpcProxy } from "../harness/rpc-proxy.ts";
import type { TestDevnet } from "../harness/test-devnet.ts";
import { armed, type Kill } from "./failpoints.ts";
import { type Deaths, WirePlaces } from "./settlement-places.ts";

/** Of a thousand calls. Silence is rare, since it costs the time that a daemon waits for an answer. */
const faults = {
  delay: 60,
  late: 60,
  twice: 40,
  refuse: 15,
  refuseAfter: 15,
  cut: 10,
  cutAfter: 10,
  drop: 1,
  dropAfter: 1,
};
const longestMs = 150;
/** One receipt in so many arrives from a block that is being taken back. */
const reorgEvery = 4;
const reorgDepthMax = 2;
/** One life in so many begins before a node that has stopped to follow the chain, for so long. */
const staleEvery = 6;
const staleMs = 2_000;
/** A snapshot makes older facts needless, and the audit reads every fact of the coordinator's life. */
const wholeHistory = { STARLING_KEEP_HISTORY: "true" };

/** What is decided before the devnet starts: which kill is armed in whom, and who has a line of his own. */
export class Arming {
  readonly kills = new Map<string, Kill>();
  readonly lines = new Map<string, RpcProxy>();

  /** For the devnet. A daemon's line is spoilt from its second life on. */
  readonly environmentOf = (name: string): Readonly<Record<string, string>> => {
    const kill = this.kills.get(name);
    const line = this.lines.get(name);
    return {
      ...wholeHistory,
      ...(kill === undefined ? {} : armed(kill)),
      ...(line === undefined ? {} : { STARLING_RPC_URL: line.wsUrl }),
    };
  };
}

/** Who shoots, where, and with which luck. */
interface Range {
  readonly net: TestDevnet;
  readonly arming: Arming;
  readonly random: RandomStream;
  readonly seed: number;
  /** The course is over, or has failed. */
  readonly signal: AbortSignal;
}

/** All kills of a course. */
export class Shooting {
  /** Every kill that happened, for people. */
  readonly killed: string[] = [];
  reorgs = 0;
  readonly #range: Range;

  constructor(range: Range) {
    this.#range = range;
  }

  /** Kills a daemon once at each place and failpoint of a list, and starts it again after each; it lives on at the end. */
  async shoot(name: string, { places, failpoints }: Deaths): Promise<void> {
    const { net, random, signal } = this.#range;
    const open = new Set(places);
    const queue = [...failpoints];
    const line = await this.#line(name);
    const wire = new WirePlaces();
    let shot = false;
    line.hook = async (call, moment, result) => {
      for (const place of wire.at(call, moment, result)) {
        if (place.endsWith(" mined") && random.chance(1, reorgEvery)) await this.#takeBack();
        if (shot || !open.delete(place)) continue;
        shot = true;
        this.killed.push(`${name} at ${place}`);
        await net.devnet.daemon(name).kill();
        throw new Error(`${name} is dead`);
      }
    };
    await net.devnet.daemon(name).kill();
    while (open.size > 0 || queue.length > 0) {
      signal.throwIfAborted();
      const kill = queue.shift() ?? null;
      shot = false;
      wire.forget();
      this.#launch(name, kill);
      const end = await net.devnet.daemon(name).exited;
      signal.throwIfAborted();
      expect(end.signal, `${name} ended: ${end.reason}`).toBe("SIGKILL");
      if (!shot) this.killed.push(`${name} at ${kill?.failpoint}, hit ${kill?.hit}`);
      else if (kill !== null) queue.unshift(kill);
    }
    this.#launch(name, null);
  }

  /** Makes all lines sound again, and nobody is killed any more. */
  cease(): void {
    for (const line of this.#range.arming.lines.values())
      Object.assign(line, { plan: honestPlan, lies: {}, hook: () => undefined });
  }

  /** Closes the lines. */
  async close(): Promise<void> {
    for (const line of this.#range.arming.lines.values()) await line.close();
  }

  #launch(name: string, kill: Kill | null): void {
    const { arming, random, net } = this.#range;
    if (kill === null) arming.kills.delete(name);
    else arming.kills.set(name, kill);
    const line = arming.lines.get(name);
    if (line !== undefined && kill !== null && random.chance(1, staleEvery)) void this.#goStale(line);
    net.devnet.restart(name);
  }

  async #goStale(line: RpcProxy): Promise<void> {
    line.lies = { headNumber: Number(await this.#range.net.rpc.request("eth_blockNumber", [])) };
    setTimeout(() => {
      line.lies = {};
    }, staleMs);
  }

  async #takeBack(): Promise<void> {
    const { net, random } = this.#range;
    await reorganise(net.rpc, 1 + random.below(reorgDepthMax));
    this.reorgs += 1;
  }

  async #line(name: string): Promise<RpcProxy> {
    const { arming, net, seed } = this.#range;
    const line = arming.lines.get(name) ?? (await RpcProxy.start(net.devnet.ground.anvil));
    arming.lines.set(name, line);
    line.plan = faultPlan(seed + arming.lines.size, faults, longestMs);
    return line;
  }
}
