// Which leases a worker takes, which wait for their money, and which it declines.
import { describe, expect, test } from "vitest";
import type { WorkerEffect } from "../../src/core/index.ts";
import { coordinator, Driven, escrow, hash, lease, only, operator, otherCoordinator, START } from "./support.ts";

function connected(change: ConstructorParameters<typeof Driven>[0] = {}): Driven {
  const driven = new Driven(change);
  driven.connect();
  driven.connect(otherCoordinator, "o1");
  return driven;
}

const reasons = (effects: readonly WorkerEffect[]) =>
  only(effects, "sendDeclines").flatMap(({ leases }) => leases.map(({ reason }) => reason));
const accepted = (effects: readonly WorkerEffect[]) =>
  only(effects, "sendAccepts").flatMap(({ leases }) => leases.map(({ leaseId }) => leaseId));

describe("money", () => {
  test("a lease starts only when the chain has confirmed an allotment that covers it", () => {
    const driven = connected();
    const [first, second] = [lease("a"), lease("b")];
    const asked = driven.lease([first, second]);
    expect(only(asked, "refreshAllotment")).toEqual([{ type: "refreshAllotment", escrowId: escrow }]);
    expect(accepted(asked)).toEqual([]);
    expect(accepted(driven.allot(100n))).toEqual([first.leaseId]);
    expect(driven.stateOf(second)).toBe("unknown");
    expect(accepted(driven.allot(200n))).toEqual([second.leaseId]);
    expect(only(driven.effects, "runLease")).toHaveLength(2);
  });

  test("what waits too long is declined by name", () => {
    const driven = connected();
    driven.lease([lease("a")]);
    driven.allot(99n);
    expect(reasons(driven.pass(8_000))).toEqual(["notAllotted"]);
    expect(accepted(driven.allot(1_000n))).toEqual([]);
  });

  test("an allotment that ends before the lease would does not count", () => {
    const driven = connected();
    driven.lease([lease("a")]);
    expect(accepted(driven.allot(100n, { expiresAt: START + 59_999 }))).toEqual([]);
    expect(accepted(driven.allot(100n, { expiresAt: START + 60_001 }))).toEqual([lease("a").leaseId]);
  });

  test("nobody leases against the escrow of another coordinator", () => {
    const driven = connected();
    driven.lease([lease("a")]);
    expect(reasons(driven.allot(10_000n, { coordinator: otherCoordinator }))).toEqual(["badLease"]);
    expect(reasons(driven.lease([lease("b")]))).toEqual(["badLease"]);
    expect(accepted(driven.lease([lease("c")], otherCoordinator, "o1"))).toEqual([lease("c").leaseId]);
  });

  test("a fine beyond what the owner puts at stake is declined", () => {
    const policy = { ...new Driven().state.config.policy, pledgePerEscrow: 500n };
    const driven = connected({ policy });
    driven.allot(10_000n);
    const high = lease("a", { fine: 501n });
    expect(reasons(driven.lease([high]))).toEqual(["fineTooHigh"]);
    const fair = lease("b", { fine: 500n });
    expect(accepted(driven.lease([fair]))).toEqual([fair.leaseId]);
  });

  test("work beyond the credit limit is declined until a voucher covers what was earned", () => {
    const policy = { ...new Driven().state.config.policy, creditLimit: 200n };
    const driven = connected({ policy });
    driven.allot(10_000n);
    const done = [lease("a"), lease("b")];
    driven.lease(done);
    expect(reasons(driven.lease([lease("c")]))).toEqual(["creditLimit"]);
    for (const item of done) {
      driven.finish(item);
      driven.closeSet(item);
      driven.verdict(item);
    }
    expect(reasons(driven.lease([lease("d")]))).toEqual(["creditLimit"]);
    driven.input({
      type: "voucherReceived",
      coordinator,
      escrowId: escrow,
      cumulative: 200n,
      signature: `0x${"1".repeat(130)}`,
    });
    expect(accepted(driven.lease([lease("e")]))).toEqual([lease("e").leaseId]);
  });

  test("only its own operator gets work for nothing", () => {
    const driven = connected();
    expect(reasons(driven.lease([lease("a", { price: 0n })]))).toEqual(["priceTooLow"]);
    const own = lease("b", { price: 0n, payer: operator, escrowId: hash("own escrow") });
    const asked = driven.lease([own]);
    expect(only(asked, "refreshAllotment")).toMatchObject([{ escrowId: own.escrowId }]);
    expect(accepted(driven.allot(0n, { escrowId: own.escrowId, payer: operator }))).toEqual([own.leaseId]);
    // Anybody may say so; the chain knows better.
    const claimed = lease("c", { price: 0n, payer: operator, escrowId: hash("claimed escrow") });
    driven.lease([claimed]);
    expect(reasons(driven.allot(5_000n, { escrowId: claimed.escrowId }))).toEqual(["badLease"]);
  });
});

describe("capacity and class", () => {
  test("foreign classes, cheap work and a draining worker's work are declined", () => {
    const driven = connected();
    driven.allot(10_000n);
    const cpu = { ...lease("x").task, runtimeClass: "cpu" } as const;
    expect(reasons(driven.lease([lease("a", { task: cpu }), lease("b", { price: 99n })]))).toEqual([
      "classMissing",
      "priceTooLow",
    ]);
    driven.input({ type: "drainRequested" });
    expect(reasons(driven.lease([lease("c")]))).toEqual(["draining"]);
    expect(only(driven.effects, "sendAsk").at(-1)).toMatchObject({ freeSlots: 0 });
  });

  test("only so many leases are held, and only as many run as there are slots", () => {
    const driven = connected();
    driven.allot(10_000n);
    const many = Array.from({ length: 12 }, (_, i) => lease(`l${i}`));
    const effects = driven.lease(many);
    expect(accepted(effects)).toHaveLength(10);
    expect(reasons(effects)).toEqual(["noCapacity", "noCapacity"]);
    expect(only(driven.effects, "runLease")).toHaveLength(2);
    driven.finish(many[0] ?? lease("none"));
    expect(only(driven.effects, "runLease")).toHaveLength(3);
  });

  test("a lease of an old stream is not taken", () => {
    const driven = connected();
    driven.allot(10_000n);
    driven.connect(coordinator, "s2");
    expect(
      driven.input({ type: "leasesReceived", coordinator, session: "s1", epoch: 1, items: [lease("a")] }),
    ).toMatchObject({ ok: false, code: "staleSession" });
  });

  test("coordinators are told of free slots whenever their number changes", () => {
    const driven = new Driven();
    expect(only(driven.connect(), "sendAsk")).toMatchObject([{ freeSlots: 4, classes: ["wasm"] }]);
    driven.allot(10_000n);
    expect(only(driven.lease([lease("a")]), "sendAsk")).toMatchObject([{ freeSlots: 3 }]);
    expect(only(driven.pass(1), "sendAsk")).toEqual([]);
  });
});

describe("offers", () => {
  const offer = {
    networkId: "test",
    jobId: hash("job"),
    escrowId: escrow,
    coordinator,
    coordinatorPeerId: "peer",
    addresses: [],
    runtimeClass: "wasm",
    needs: { cpuCores: 1, memoryBytes: 1, diskBytes: 0, gpu: null },
    open: 1,
    priceCap: 100n,
    sequence: 1,
    expiresAt: START + 1_000,
  } as const;

  test("of unknown coordinators are followed if the work fits, and not again at once", () => {
    const driven = new Driven();
    expect(only(driven.effectsOf({ type: "offerHeard", offer }), "followOffer")).toHaveLength(1);
    expect(driven.input({ type: "offerHeard", offer })).toMatchObject({ code: "offerTriedRecently" });
    const refused = (change: object) => new Driven().input({ type: "offerHeard", offer: { ...offer, ...change } });
    expect(refused({ priceCap: 99n })).toMatchObject({ code: "priceTooLow" });
    expect(refused({ runtimeClass: "gpu" })).toMatchObject({ code: "classMissing" });
    expect(refused({ expiresAt: START })).toMatchObject({ code: "offerExpired" });
  });

  test("of a connected coordinator change nothing", () => {
    const driven = new Driven();
    driven.connect();
    expect(driven.effectsOf({ type: "offerHeard", offer })).toEqual([]);
  });
});
