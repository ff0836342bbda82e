// Whatever arrives in whatever order: invariants hold, facts alone make the same ledger, and no lease gets two answers.
import type { Address, Hash } from "@starling/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { workerDecider } from "../../src/core/index.ts";
import { config, coordinator, Driven, escrow, hash, lease, operator, otherCoordinator } from "./support.ts";

const stranger: Address = `0x${"0d".repeat(20)}`;
const leases = Array.from({ length: 8 }, (_, i) =>
  lease(`p${i}`, {
    attempt: 1 + (i % 2),
    price: BigInt(i % 3) * 100n,
    payer: i % 3 === 0 ? operator : stranger,
    escrowId: i % 4 === 0 ? hash("other escrow") : escrow,
    leaseMs: 1_000 + 700 * i,
  }),
);
const places = fc.integer({ min: 0, max: leases.length - 1 });
const parties = fc.constantFrom(coordinator, otherCoordinator);

const sessions = fc.constantFrom(0, 0, 0, 1);

type Step =
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "connect" | "gone"; readonly from: `0x${string}`; readonly session: number }
  | {
      readonly kind: "lease";
      readonly from: `0x${string}`;
      readonly places: readonly number[];
      readonly session: number;
    }
  | { readonly kind: "allot"; readonly from: `0x${string}`; readonly amount: number; readonly second: boolean }
  | { readonly kind: "finish"; readonly place: number; readonly digest: string; readonly fails: boolean }
  | { readonly kind: "closeSet" | "forgedSet" | "revoke"; readonly place: number }
  | { readonly kind: "verdict"; readonly place: number; readonly verdict: "accepted" | "rejected" | "unneeded" }
  | { readonly kind: "voucher"; readonly from: `0x${string}`; readonly amount: number }
  | { readonly kind: "reclaim"; readonly noticeMs: number }
  | { readonly kind: "drain" | "restart" | "pause" | "resume" };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 20_000 }) }),
  fc.record({ kind: fc.constantFrom("connect" as const, "gone" as const), from: parties, session: sessions }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("lease" as const),
      from: parties,
      places: fc.array(places, { maxLength: 4 }),
      session: sessions,
    }),
  },
  fc.record({
    kind: fc.constant("allot" as const),
    from: parties,
    amount: fc.nat({ max: 2_000 }),
    second: fc.boolean(),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("finish" as const),
      place: places,
      digest: fc.constantFrom("x", "y"),
      fails: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom("closeSet" as const, "forgedSet" as const, "revoke" as const),
      place: places,
    }),
  },
  fc.record({
    kind: fc.constant("verdict" as const),
    place: places,
    verdict: fc.constantFrom("accepted" as const, "rejected" as const, "unneeded" as const),
  }),
  fc.record({ kind: fc.constant("voucher" as const), from: parties, amount: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constantFrom("drain" as const, "restart" as const, "pause" as const) }),
  fc.record({ kind: fc.constant("resume" as const) }),
  fc.record({ kind: fc.constant("reclaim" as const), noticeMs: fc.nat({ max: 10_000 }) }),
);

function apply(driven: Driven, step: Step): void {
  switch (step.kind) {
    case "pass":
      driven.pass(step.ms);
      return;
    case "connect":
      driven.connect(step.from, `s${step.session}`);
      return;
    case "gone":
      driven.input({ type: "coordinatorGone", coordinator: step.from, session: `s${step.session}`, reason: "" });
      return;
    case "lease":
      driven.lease(
        step.places.flatMap((place) => leases[place] ?? []),
        step.from,
        `s${step.session}`,
      );
      return;
    case "allot":
      driven.allot(BigInt(step.amount), {
        coordinator: step.from,
        payer: step.second ? operator : stranger,
        escrowId: step.second ? hash("other escrow") : escrow,
      });
      return;
    case "finish":
      finish(driven, step);
      return;
    case "closeSet":
      driven.closeSet(leaseAt(driven, step.place));
      return;
    case "forgedSet":
      driven.closeSet(leaseAt(driven, step.place), hash("forged"));
      return;
    case "revoke":
      driven.input({
        type: "leasesRevoked",
        coordinator,
        leases: [{ leaseId: leaseAt(driven, step.place).leaseId, reason: "" }],
      });
      return;
    case "verdict":
      driven.verdict(leaseAt(driven, step.place), step.verdict);
      return;
    case "voucher":
      driven.input({
        type: "voucherReceived",
        coordinator: step.from,
        escrowId: escrow,
        cumulative: BigInt(step.amount),
        signature: `0x${"1".repeat(130)}`,
      });
      return;
    case "drain":
      driven.input({ type: "drainRequested" });
      return;
    case "pause":
    case "resume":
      driven.input({ type: "ownerAsked", wish: { kind: step.kind } });
      return;
    case "reclaim":
      driven.input({ type: "ownerAsked", wish: { kind: "reclaim", noticeMs: step.noticeMs } });
      return;
    case "restart":
      driven.restart();
  }
}

function finish(driven: Driven, step: Extract<Step, { kind: "finish" }>): void {
  const { leaseId, attempt } = leaseAt(driven, step.place);
  if (!step.fails) driven.finish(leaseAt(driven, step.place), step.digest);
  else {
    const result = { kind: "failed", fault: "application", reason: "exit", message: "", log: "" } as const;
    driven.input({ type: "runFinished", leaseId, attempt, result });
  }
}

// Most steps are about leases that are held; otherwise hardly any would come to its end.
function leaseAt(driven: Driven, place: number): ReturnType<typeof lease> {
  const held = [...driven.state.ledger.leases.values()].map((one) => one.lease);
  const all = place % 3 === 0 || held.length === 0 ? leases : held;
  return all[place % all.length] ?? lease("none");
}

// Half of them begin with everything that work needs.
function begun(list: readonly Step[]): Driven {
  const driven = new Driven();
  if (list.length % 2 === 1) return driven;
  driven.connect(coordinator, "s0");
  driven.allot(600n);
  return driven;
}

test("invariants hold after every turn", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), (list) => {
      const driven = begun(list);
      for (const step of list) {
        apply(driven, step);
        expect(workerDecider.violations(driven.state)).toEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test("facts alone make the same ledger", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), (list) => {
      const driven = begun(list);
      for (const step of list) apply(driven, step);
      const replayed = workerDecider.initial(config);
      for (const fact of driven.facts) workerDecider.evolve(replayed, fact);
      expect(replayed.ledger).toEqual(driven.state.ledger);
    }),
    { numRuns: 200 },
  );
});

test("the steps reach every end of a lease", () => {
  const reached = new Set<string>();
  fc.assert(
    fc.property(fc.array(steps, { minLength: 20, maxLength: 80 }), (list) => {
      const driven = begun(list);
      for (const step of list) apply(driven, step);
      for (const fact of driven.facts) reached.add(fact.type);
    }),
    // A fixed seed: what is reached is a fact about the steps, not a matter of luck.
    { numRuns: 300, seed: 1 },
  );
  expect([...reached].sort()).toEqual([
    "coordinatorEquivocated",
    "holdChanged",
    "leaseAccepted",
    "leaseCommitted",
    "leaseExpired",
    "leaseFailed",
    "leaseRevealed",
    "leaseRevoked",
    "leaseSettled",
    "leaseStarted",
    "voucherHeld",
  ]);
});

test("no lease gets two answers, and nothing is revealed before its commitment stands in a closed set", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 80 }), (list) => {
      const driven = begun(list);
      for (const step of list) apply(driven, step);
      const commitments = new Map<Hash, Hash>();
      for (const fact of driven.facts) {
        if (fact.type !== "leaseCommitted") continue;
        expect(commitments.has(fact.leaseId)).toBe(false);
        commitments.set(fact.leaseId, fact.commitment);
      }
      const revealed = new Set(driven.facts.flatMap((fact) => (fact.type === "leaseRevealed" ? [fact.leaseId] : [])));
      for (const effect of driven.effects) {
        if (effect.type === "sendCommits")
          for (const { leaseId, commitment } of effect.items) expect(commitments.get(leaseId)).toBe(commitment);
        if (effect.type === "sendReveals")
          for (const { leaseId } of effect.items) expect(revealed.has(leaseId)).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

test("whoever takes his machine back has it when the notice is over, and nothing is started or taken until he says so", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 80 }), (list) => {
      const driven = begun(list);
      for (const step of list) {
        const before = { hold: driven.state.ledger.hold, effects: driven.effects.length, facts: driven.facts.length };
        apply(driven, step);
        const { hold } = driven.state.ledger;
        if (before.hold === null || hold === null) continue;
        expect(driven.facts.slice(before.facts).map(({ type }) => type)).not.toContain("leaseAccepted");
        if (hold.kind !== "reclaimed" || before.hold.kind !== "reclaimed") continue;
        expect(driven.effects.slice(before.effects).map(({ type }) => type)).not.toContain("runLease");
        if (driven.now >= (hold.killAt ?? 0)) expect(driven.state.presence.running.size).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});

test("nothing with a price runs beyond what the chain had confirmed", () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60 }), (list) => {
      const driven = begun(list);
      const confirmed = new Map<Hash, bigint>([[escrow, 600n]]);
      for (const step of list) {
        if (step.kind === "allot") {
          const escrowId = step.second ? hash("other escrow") : escrow;
          const best = confirmed.get(escrowId) ?? 0n;
          confirmed.set(escrowId, BigInt(step.amount) > best ? BigInt(step.amount) : best);
        }
        apply(driven, step);
        for (const [escrowId, most] of [
          [escrow, confirmed.get(escrow)],
          [hash("other escrow"), confirmed.get(hash("other escrow"))],
        ] as const) {
          const held = [...driven.state.ledger.leases.values()].filter((one) => one.lease.escrowId === escrowId);
          const price = held.reduce((sum, one) => sum + one.lease.price, 0n);
          expect(price <= (most ?? 0n)).toBe(true);
        }
      }
    }),
    { numRuns: 200 },
  );
});
