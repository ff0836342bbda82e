// Where a daemon is killed over its money: at steps of transactions, seen on its line to the chain, and at failpoints.
import { Interface, Transaction } from "ethers";
import { jobEscrowAbi } from "../../packages/node-kit/src/chain/generated/abi.ts";
import type { WireCall } from "../harness/rpc-proxy.ts";
import { isFull, type Kill } from "./failpoints.ts";

/** Kills that are wanted in all: 1,000 and more by the environment. The last round is always completed. */
const killsWanted = Number(process.env.STARLING_SETTLEMENT_KILLS ?? (isFull ? 200 : 50));

/** Transactions in the life of one escrow with a job. */
const functions = ["createEscrowFor", "allot", "commit", "payBatch", "close"] as const;

/**
 * Steps of the sender: the intent is durable and about to be simulated; signed and durable, not sent; taken by the node, which
 * the daemon does not learn; mined, which it does not learn; and final in its books.
 */
const steps = ["intended", "signed", "broadcast", "mined", "final"] as const;

/** Every step of every transaction. */
const places: readonly string[] = functions.flatMap((name) => steps.map((step) => `${name} ${step}`));

const around = (effect: string): readonly string[] => [`effect.${effect}.before`, `effect.${effect}.after`];
const turn = ["engine.afterRecovery", "engine.beforeDecide", "engine.beforeAppend", "engine.afterAppend"];
const hitsMax = 6;

const coordinatorFailpoints = [
  ...turn,
  "engine.afterAnswer",
  ...["sender", "indexer", "sendVoucher", "signAnchor"].flatMap(around),
];
const workerFailpoints = [...turn, ...["refreshAllotment", "runLease", "sendCommits", "sendReveals"].flatMap(around)];

/** What one daemon dies of. */
export interface Deaths {
  /** Places on its line. */
  readonly places: readonly string[];
  readonly failpoints: readonly Kill[];
}

const perRound = places.length + coordinatorFailpoints.length + workerFailpoints.length;
/** How often each kill happens. */
const rounds = Math.max(1, Math.ceil(killsWanted / perRound));

/** Steps of a worker that sends by itself: also between the node's answer and the signature. */
const ownSteps = ["intended", "simulated", ...steps.slice(1)] as const;
/** Those of a transaction come first, since it is over in the end; the others are met in every life. */
const ownFailpoints = [
  ...around("sender"),
  ...["engine.beforeAppend", "engine.afterAppend", "engine.afterRecovery", "engine.beforeDecide"],
  ...["readClaims", "readCredits"].flatMap(around),
];

/**
 * Deaths of workers that each send one transaction by themselves: each worker meets every step and failpoint in the full run; else
 * they share the steps. A transaction is there once, so that no other may be under way: a death over that one would hide a step.
 */
export function senderDeaths(count: number, name: "redeem" | "withdrawCredit"): readonly Deaths[] {
  const own = ownSteps.map((step) => `${name} ${step}`);
  return Array.from({ length: count }, (_, i) =>
    isFull
      ? { places: own, failpoints: ownFailpoints.map((failpoint) => ({ failpoint, hit: 1 })) }
      : { places: own.filter((_place, k) => k % count === i), failpoints: [] },
  );
}

/** A coordinator's deaths, one list for each round. */
export function coordinatorRounds(below: (bound: number) => number): readonly Deaths[] {
  return Array.from({ length: rounds }, () => ({ places, failpoints: drawn(coordinatorFailpoints, below) }));
}

/** Workers' deaths, shared out among them. */
export function workerDeaths(count: number, below: (bound: number) => number): readonly Deaths[] {
  const all = Array.from({ length: rounds }, () => drawn(workerFailpoints, below)).flat();
  return Array.from({ length: count }, (_, i) => ({
    places: [],
    failpoints: all.filter((_kill, k) => k % count === i),
  }));
}

function drawn(failpoints: readonly string[], below: (bound: number) => number): readonly Kill[] {
  return failpoints.map((failpoint) => ({
    failpoint,
    hit: failpoint === "engine.afterRecovery" || failpoint.startsWith("effect.") ? 1 : 1 + below(hitsMax),
  }));
}

const escrow = new Interface(jobEscrowAbi);

/** Says at which step of which transaction a daemon is, by what passes on its line. */
export class WirePlaces {
  readonly #names = new Map<string, string>();
  /** Transactions whose receipts have arrived since anything was asked. */
  readonly #arrived = new Set<string>();

  /** The places of this moment. */
  at({ method, params }: WireCall, moment: "before" | "after", result: unknown): readonly string[] {
    const found = moment === "before" ? this.#settled() : [];
    const [first] = params;
    if (method === "eth_estimateGas") {
      const step = moment === "before" ? "intended" : "simulated";
      return [...found, `${nameOf((first as { readonly data: string }).data)} ${step}`];
    }
    if (method === "eth_sendRawTransaction") {
      const { hash, data } = Transaction.from(first as string);
      this.#names.set(hash ?? "", nameOf(data));
      return [...found, `${nameOf(data)} ${moment === "before" ? "signed" : "broadcast"}`];
    }
    if (method === "eth_getTransactionReceipt" && moment === "after" && result) {
      const name = this.#names.get(first as string) ?? "unknown";
      this.#arrived.add(name);
      return [...found, `${name} mined`];
    }
    return found;
  }

  /** A new life knows nothing of what arrived in the last one. */
  forget(): void {
    this.#arrived.clear();
  }

  #settled(): readonly string[] {
    const final = [...this.#arrived].map((name) => `${name} final`);
    this.#arrived.clear();
    return final;
  }
}

function nameOf(data: string): string {
  return escrow.getFunction(data.slice(0, 10))?.name ?? "another";
}
