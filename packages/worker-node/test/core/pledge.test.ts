// What a worker pledges: within its owner's limits, on the chain's word, and written down before it is signed.
import { anyPledge, type PledgeOrder } from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defaultPolicy, type WorkerInput, workerDecider } from "../../src/core/index.ts";
import { config, coordinator, Driven, escrow, hash, only, operator, otherCoordinator, START } from "./support.ts";

const finalAtSeconds = START / 1_000 + 3_600;
const limits = { pledgePerEscrow: 1_000n, pledgeInAll: 1_500n };

function connected(): Driven {
  const driven = new Driven({ policy: { ...defaultPolicy, ...limits } });
  driven.connect();
  return driven;
}

type Seen = Extract<WorkerInput, { type: "pledgeSeen" }>;

function seen(change: Partial<Seen> = {}): Seen {
  return {
    type: "pledgeSeen",
    escrowId: escrow,
    coordinator,
    open: true,
    finalAtSeconds,
    allotted: 500n,
    stake: 10_000n,
    pledged: 0n,
    leaving: false,
    total: 0n,
    standing: change.total ?? 0n,
    endsAtSeconds: (change.total ?? 0n) > 0n ? finalAtSeconds : 0,
    over: [],
    allowance: anyPledge,
    ...change,
  };
}

function ask(driven: Driven, total: bigint, escrowId = escrow) {
  const times = { releaseBySeconds: finalAtSeconds + 1_000_000, deadlineSeconds: driven.now / 1_000 + 60 };
  return driven.effectsOf({ type: "pledgeAsked", coordinator, session: "s1", escrowId, total, ...times });
}

/** Asks, answers for the chain, and gives what was signed. */
function signed(driven: Driven, total: bigint, change: Partial<Seen> = {}): PledgeOrder | null {
  ask(driven, total, change.escrowId ?? escrow);
  return only(driven.effectsOf(seen(change)), "sendPledge")[0]?.order ?? null;
}

describe("a pledge", () => {
  test("is signed once the chain has said whose escrow it is, until when, and what is free", () => {
    const driven = connected();
    expect(ask(driven, 300n)).toContainEqual({ type: "refreshPledge", escrowId: escrow, others: [] });
    expect(driven.facts).toEqual([]);
    const order = {
      escrowId: escrow,
      operator,
      total: 300n,
      // Not what the coordinator said: what this worker saw.
      releaseBySeconds: finalAtSeconds,
      deadlineSeconds: START / 1_000 + 60,
    };
    expect(only(driven.effectsOf(seen()), "sendPledge")).toEqual([{ type: "sendPledge", coordinator, order }]);
    expect(driven.facts).toEqual([
      { type: "pledgeSigned", coordinator, order, before: 0n, standing: 0n, over: [], at: START },
    ]);
  });

  test.each<[string, Partial<Seen>]>([
    ["to an escrow that is not open", { open: false }],
    ["to the escrow of another coordinator", { coordinator: otherCoordinator }],
    ["to an escrow that is as good as final", { finalAtSeconds: START / 1_000 }],
    ["to an escrow that has nothing for this worker", { allotted: 0n }],
    ["while the operator is leaving", { leaving: true }],
    ["without an allowance", { allowance: 0n }],
    ["without stake that is free", { pledged: 10_000n }],
    ["when so much is pledged already", { total: 300n }],
  ])("is not made %s", (_name, change) => {
    const driven = connected();
    expect(signed(driven, 300n, change)).toBeNull();
    expect(driven.facts).toEqual([]);
  });

  test("is as large as the owner, the stake and the allowance permit", () => {
    expect(signed(connected(), 5_000n)?.total).toBe(1_000n);
    expect(signed(connected(), 5_000n, { stake: 700n })?.total).toBe(700n);
    expect(signed(connected(), 5_000n, { allowance: 60n })?.total).toBe(60n);
    // What others of this operator pledged counts for the total and not for this worker's limit.
    expect(signed(connected(), 5_000n, { total: 400n })?.total).toBe(1_400n);
  });

  test("counts what was signed before, whether or not it was ever submitted", () => {
    const driven = connected();
    expect(signed(driven, 600n)?.total).toBe(600n);
    expect(signed(driven, 5_000n)?.total).toBe(1_000n);
    // The limit is used up, but an order that may have been lost is signed again.
    expect(signed(driven, 5_000n)?.total).toBe(1_000n);
    expect(driven.state.ledger.pledges.get(escrow)).toMatchObject({ total: 1_000n, added: 1_000n });
    expect(signed(driven, 5_000n, { total: 1_000n })).toBeNull();
  });

  test("at its limit is signed again when its escrow was prolonged, for the new end and for nothing more", () => {
    const end = finalAtSeconds + 600;
    const prolonged = { finalAtSeconds: end, endsAtSeconds: finalAtSeconds };
    const driven = connected();
    expect(signed(driven, 1_000n)?.total).toBe(1_000n);
    const full = { total: 1_000n, pledged: 1_000n };
    expect(signed(driven, 5_000n, { ...full, ...prolonged })).toMatchObject({ total: 1_000n, releaseBySeconds: end });
    expect(driven.state.ledger.pledges.get(escrow)).toMatchObject({ total: 1_000n, added: 1_000n });
    // Also where nothing of the stake is free, and where the allowance is spent.
    const spent = { stake: 1_000n, allowance: 0n };
    expect(signed(driven, 1_000n, { ...full, ...prolonged, ...spent })?.total).toBe(1_000n);
    expect(signed(driven, 1_000n, { ...full, finalAtSeconds: end, endsAtSeconds: end })).toBeNull();
    // A fine has left something, a release nothing.
    expect(signed(driven, 1_000n, { ...full, ...prolonged, standing: 1n })?.total).toBe(1_000n);
    expect(signed(driven, 1_000n, { ...full, ...prolonged, ...spent, standing: 0n, endsAtSeconds: 0 })).toBeNull();
  });

  test("leaves room in all escrows together, until one is over", () => {
    const driven = connected();
    expect(signed(driven, 1_000n)?.total).toBe(1_000n);
    expect(signed(driven, 1_000n, { escrowId: hash("second") })?.total).toBe(500n);
    expect(signed(driven, 1_000n, { escrowId: hash("third") })).toBeNull();
    driven.now = finalAtSeconds * 1_000;
    const later = { finalAtSeconds: finalAtSeconds + 100 };
    expect(signed(driven, 1_000n, { escrowId: hash("third"), ...later })?.total).toBe(1_000n);
    expect([...driven.state.ledger.pledges.keys()]).toEqual([hash("third")]);
  });

  test("that was released makes room again, but for what was never submitted", () => {
    const driven = connected();
    expect(signed(driven, 1_000n)?.total).toBe(1_000n);
    // 600 of it were submitted and have been released since; the rest may still come.
    expect(signed(driven, 5_000n, { total: 600n, standing: 0n })?.total).toBe(1_600n);
    expect(driven.state.ledger.pledges.get(escrow)).toMatchObject({ total: 1_600n, added: 1_000n });
    expect(signed(driven, 5_000n, { total: 1_600n, standing: 0n })?.total).toBe(2_600n);
  });

  test("to an escrow that ended early makes room for others", () => {
    const driven = connected();
    expect(signed(driven, 1_000n)?.total).toBe(1_000n);
    const second = { escrowId: hash("second") };
    expect(ask(driven, 1_000n, hash("second"))).toContainEqual({ type: "refreshPledge", ...second, others: [escrow] });
    expect(signed(driven, 1_000n, { ...second, over: [escrow] })?.total).toBe(1_000n);
    expect([...driven.state.ledger.pledges.keys()]).toEqual([hash("second")]);
  });

  test("is not asked for by a stream that was replaced, nor answered unasked", () => {
    const driven = connected();
    const times = { releaseBySeconds: finalAtSeconds, deadlineSeconds: finalAtSeconds };
    const stale = { type: "pledgeAsked", coordinator, session: "s0", escrowId: escrow, total: 1n, ...times } as const;
    expect(driven.input(stale)).toMatchObject({ ok: false, code: "staleSession" });
    expect(driven.input(seen())).toMatchObject({ ok: false, code: "notWanted" });
    expect(driven.effects).not.toContainEqual(expect.objectContaining({ type: "sendPledge" }));
  });
});

test("whatever is asked and seen, what signatures can tie up stays within the owner's limits", () => {
  const amount = fc.bigInt({ min: 0n, max: 3_000n });
  const step = fc.record({
    place: fc.nat({ max: 2 }),
    wanted: amount,
    stake: amount,
    allowance: fc.oneof(amount, fc.constant(anyPledge)),
    /** How much of what was signed last is on chain now, in percent. */
    submitted: fc.constantFrom(0n, 50n, 100n),
    others: fc.bigInt({ min: 0n, max: 100n }),
    released: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const driven = connected();
      // What the signatures of this worker could add at most, if each were submitted at the best moment for an attacker.
      const added = new Map<number, bigint>();
      const totals = new Map<number, bigint>();
      const standing = new Map<number, bigint>();
      for (const { place, wanted, stake, allowance, submitted, others, released } of steps) {
        const own = driven.state.ledger.pledges.get(hash(`escrow ${place}`));
        const onChain = totals.get(place) ?? 0n;
        const reached =
          own === undefined || own.total <= onChain ? onChain : onChain + ((own.total - onChain) * submitted) / 100n;
        if (reached > onChain) added.set(place, (added.get(place) ?? 0n) + reached - onChain);
        const total = reached + others;
        totals.set(place, total);
        // A release ends the pledges of all workers of the operator to the escrow.
        if (released) added.set(place, 0n);
        standing.set(place, released ? 0n : (standing.get(place) ?? 0n) + total - onChain);
        const order = signed(driven, total + wanted, {
          escrowId: hash(`escrow ${place}`),
          stake,
          allowance,
          total,
          standing: standing.get(place) ?? 0n,
        });
        for (const bound of [stake, allowance]) expect((order?.total ?? total) - total).toBeLessThanOrEqual(bound);
        for (const used of added.values()) expect(used).toBeLessThanOrEqual(limits.pledgePerEscrow);
        expect([...added.values()].reduce((sum, used) => sum + used, 0n)).toBeLessThanOrEqual(limits.pledgeInAll);
        expect(workerDecider.violations(driven.state)).toEqual([]);
      }
      const replayed = workerDecider.initial({ ...config, policy: driven.state.config.policy });
      for (const fact of driven.facts) workerDecider.evolve(replayed, fact);
      expect(replayed.ledger).toEqual(driven.state.ledger);
    }),
  );
});
