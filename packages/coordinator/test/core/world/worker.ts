// A worker in memory: answers leases by its behaviour, and forgets nothing that a real one would remember.
import {
  type Address,
  type ArtifactRef,
  acceptLeaf,
  type CommitSetItem,
  commitLeaf,
  commitmentOf,
  type DeclineReason,
  type FrameSignature,
  type Hash,
  keccakText,
  type LeaseId,
  type LeaseItem,
  merkleRoot,
  type ProgramEnding,
  type RevealItem,
  resultDigest,
  revealLeaf,
  type TaskPlace,
  type TicketItem,
  type TicketTerms,
  type Usage,
  type WorkerRecord,
} from "@starling/protocol";
import type { CoordinatorEffect, CoordinatorInput } from "../../../src/core/index.ts";
import { smaller } from "../../../src/core/money/amounts.ts";
import { signed } from "./fixtures.ts";

/** How it works. `silent` takes leases and never answers; `twofold` commits to two answers at once. */
export type Behaviour =
  | "honest"
  | "liar"
  | "drifter"
  | "otherLiar"
  | "silent"
  | "failing"
  | "badReveal"
  | "twofold"
  | "noReveal"
  | "decline"
  | "broken";

interface Held {
  readonly item: LeaseItem;
  digest: Hash | null;
  revealed: boolean;
}

export class TestWorker {
  readonly record: WorkerRecord;
  behaviour: Behaviour;
  session = "";
  connected = false;
  readonly held = new Map<LeaseId, Held>();
  vouchered = 0n;
  /** Most that it pledges to an escrow in all; nobody pledges anything unless a test says so. */
  pledgesUpTo = 0n;
  /** Why it declines, where that is its behaviour. */
  declines: DeclineReason = "needsUnmet";
  /** Why its attempts fail, where that is its behaviour. */
  failsFor = "exit";
  /** What its attempts use, as it says. */
  usage: Usage = { wallMs: 5, cpuMs: 5, peakMemoryBytes: 1_000, bytesIn: 100, bytesOut: 10 };
  /** How its attempts end, where its behaviour is to fail. */
  failure: { readonly usage: Usage; readonly ending: ProgramEnding } = {
    usage: { wallMs: 7, cpuMs: 3, peakMemoryBytes: 2_000, bytesIn: 10 },
    ending: { exitCode: 3 },
  };
  /** Tasks that it lies about, whatever its behaviour. */
  liesAbout: (item: LeaseItem) => boolean = () => false;
  readonly verdicts: { readonly leaseId: LeaseId; readonly verdict: string }[] = [];
  /** Tickets that were opened to it. */
  readonly tickets: { readonly terms: TicketTerms; readonly item: TicketItem }[] = [];
  /** Tasks that it answered, by their spec. */
  readonly #answered = new Map<Hash, TaskPlace>();
  #sequence = 0;
  #sessions = 0;

  constructor(record: WorkerRecord, behaviour: Behaviour = "honest") {
    this.record = record;
    this.behaviour = behaviour;
  }

  /** Signs what is wanted as far as it goes. */
  onPledgeWanted(
    wanted: Extract<CoordinatorEffect, { type: "sendPledgeWanted" }>,
  ): readonly Extract<CoordinatorInput, { type: "pledgeReceived" }>[] {
    const { escrowId, releaseBySeconds, deadlineSeconds } = wanted;
    const total = smaller(wanted.total, this.pledgesUpTo);
    if (total === 0n) return [];
    const { worker, operator } = this.record;
    const order = { escrowId, operator, total, releaseBySeconds, deadlineSeconds };
    const message = { type: "pledge", order, signature: `0x${"44".repeat(65)}` } as const;
    return [{ type: "pledgeReceived", worker, session: this.session, message }];
  }

  get address(): Address {
    return this.record.worker;
  }

  /** Opens a stream and asks for work. */
  connect(): CoordinatorInput[] {
    this.#sessions += 1;
    this.session = `${this.record.peerId}-${this.#sessions}`;
    this.connected = true;
    const holding = [...this.held.values()].map(({ item }) => ({ leaseId: item.leaseId, attempt: item.attempt }));
    const { record, session } = this;
    const hello: CoordinatorInput = {
      type: "workerHello",
      session,
      record,
      signed: signed(record),
      source: "dial",
      remoteAddress: "127.0.0.1",
      holding,
    };
    return [hello, ...this.#repeat(), ...this.wantTickets(), this.ask()];
  }

  /** Asks for tickets that it has not got. */
  wantTickets(): CoordinatorInput[] {
    const got = new Set(this.tickets.map(({ item }) => item.taskSpec));
    const tasks = [...this.#answered].flatMap(([taskSpec, place]) => (got.has(taskSpec) ? [] : [place]));
    const message = { type: "ticketsWanted", tasks } as const;
    return tasks.length === 0 ? [] : [{ type: "ticketsWanted", worker: this.address, session: this.session, message }];
  }

  disconnect(): CoordinatorInput {
    this.connected = false;
    return { type: "workerGone", worker: this.address, session: this.session, reason: "reset" };
  }

  ask(): CoordinatorInput {
    const running = [...this.held.values()].filter(({ digest }) => digest === null).length;
    const message = {
      type: "ask",
      freeSlots: Math.max(0, this.record.slots - running),
      classes: this.record.classes.map(({ name }) => name),
    } as const;
    return { type: "workerAsked", worker: this.address, session: this.session, message };
  }

  beat(): CoordinatorInput {
    const leases = [...this.held.keys()].map((leaseId) => ({ leaseId, done: 1, total: 2 }));
    return { type: "workerBeat", worker: this.address, session: this.session, message: { type: "beat", leases } };
  }

  onLeases(items: readonly LeaseItem[]): CoordinatorInput[] {
    if (this.behaviour === "decline") {
      const leases = items.map(({ leaseId }) => ({ leaseId, reason: this.declines, message: "no" }));
      return [
        { type: "leasesDeclined", worker: this.address, session: this.session, message: { type: "declines", leases } },
        this.ask(),
      ];
    }
    for (const item of items)
      if (!this.held.has(item.leaseId)) this.held.set(item.leaseId, { item, digest: null, revealed: false });
    return [this.#accepts(items)];
  }

  #accepts(items: readonly LeaseItem[]): CoordinatorInput {
    const leases = items.map(({ leaseId, attempt }) => ({ leaseId, attempt }));
    const message = { type: "accepts", leases, signed: this.#sign(leases.map(acceptLeaf)) } as const;
    return { type: "leasesAccepted", worker: this.address, session: this.session, message };
  }

  /** Runs everything that is not run yet. */
  run(): CoordinatorInput[] {
    const fresh = [...this.held.values()].filter(({ digest }) => digest === null);
    if (fresh.length === 0 || this.behaviour === "silent") return [];
    if (this.behaviour === "failing" || this.behaviour === "broken") return [this.#fail(fresh), this.ask()];
    for (const held of fresh) held.digest = resultDigest(this.outputs(held.item));
    const second = this.behaviour === "twofold" ? [this.#commits(fresh, "second")] : [];
    return [this.#commits(fresh), ...second, this.ask()];
  }

  #fail(fresh: readonly Held[]): CoordinatorInput {
    const kind = this.behaviour === "failing" ? "application" : "infrastructure";
    const items = fresh.map(({ item }) => {
      this.held.delete(item.leaseId);
      return {
        leaseId: item.leaseId,
        attempt: item.attempt,
        kind,
        reason: this.failsFor,
        message: "exit code 3",
        log: "boom",
        ...this.failure,
      } as const;
    });
    return {
      type: "failuresReceived",
      worker: this.address,
      session: this.session,
      message: { type: "failures", items },
    };
  }

  #commits(held: readonly Held[], twist = ""): CoordinatorInput {
    const items = held.map(({ item, digest }) => {
      const { leaseId, taskSpec, attempt } = item;
      const opening = { worker: this.address, digest: digest as Hash, salt: this.#salt(`${leaseId}${twist}`) };
      return { leaseId, taskSpec, attempt, commitment: commitmentOf({ taskSpec, attempt }, opening) };
    });
    const message = { type: "commits", items, signed: this.#sign(items.map(commitLeaf)) } as const;
    return { type: "commitsReceived", worker: this.address, session: this.session, message };
  }

  onCommitSets(items: readonly CommitSetItem[]): CoordinatorInput[] {
    if (this.behaviour === "noReveal") return [];
    const specs = new Set(items.map(({ taskSpec }) => taskSpec));
    const held = [...this.held.values()].filter(({ item, digest }) => digest !== null && specs.has(item.taskSpec));
    for (const one of held) one.revealed = true;
    return held.length === 0 ? [] : [this.#reveals(held)];
  }

  #reveals(held: readonly Held[]): CoordinatorInput {
    for (const { item } of held) this.#answered.set(item.taskSpec, item);
    const items: RevealItem[] = held.map(({ item, digest }) => ({
      leaseId: item.leaseId,
      taskSpec: item.taskSpec,
      attempt: item.attempt,
      digest: this.behaviour === "badReveal" ? keccakText("another") : (digest as Hash),
      salt: this.#salt(item.leaseId),
      outputs: this.outputs(item),
      inline: [],
      usage: this.usage,
    }));
    const escrowId = held[0]?.item.escrowId as Hash;
    const fine = held.map(({ item }) => item.fine).sort((a, b) => Number(b - a))[0] ?? 0n;
    const message = { type: "reveals", escrowId, fine, items, signed: this.#sign(items.map(revealLeaf)) } as const;
    return { type: "revealsReceived", missing: [], worker: this.address, session: this.session, message };
  }

  onVerdicts(items: readonly { readonly leaseId: LeaseId; readonly verdict: string }[]): void {
    for (const { leaseId, verdict } of items) {
      if (!this.held.delete(leaseId)) continue;
      this.verdicts.push({ leaseId, verdict });
    }
  }

  onTickets({ terms, items }: Extract<CoordinatorEffect, { type: "sendTickets" }>): void {
    for (const item of items) this.tickets.push({ terms, item });
  }

  onRevokes(leases: readonly { readonly leaseId: string }[]): CoordinatorInput[] {
    for (const { leaseId } of leases) this.held.delete(leaseId as LeaseId);
    return this.connected ? [this.ask()] : [];
  }

  /** The outputs that this worker claims. */
  outputs(item: LeaseItem): readonly ArtifactRef[] {
    const lie =
      this.behaviour === "liar" || this.liesAbout(item)
        ? "/lie"
        : this.behaviour === "otherLiar"
          ? `/lie-of-${this.address}`
          : "";
    const cid = keccakText(`out/${item.taskSpec}${lie}`).slice(2);
    if (this.behaviour !== "drifter") return [{ name: "out", cid: `cid:${cid}`, size: 10 }];
    // Numbers that are its own in their last digits: the world takes content ids that begin alike for close to one another.
    return [{ name: "out", cid: `cid:${cid.slice(0, 56)}${keccakText(this.address).slice(2, 10)}`, size: 10 }];
  }

  #repeat(): CoordinatorInput[] {
    const said: CoordinatorInput[] = [];
    for (const held of this.held.values()) {
      if (held.digest === null) said.push(this.#accepts([held.item]));
      else if (held.revealed) said.push(this.#reveals([held]));
      else said.push(this.#commits([held]));
    }
    return said;
  }

  #salt(leaseId: string): Hash {
    return keccakText(`salt/${this.address}/${leaseId}`);
  }

  #sign(leaves: readonly Hash[]): FrameSignature {
    this.#sequence += 1;
    const root = merkleRoot(leaves);
    return { root, count: leaves.length, epoch: 1, sequence: this.#sequence, signature: `0x${"22".repeat(65)}` };
  }
}
