// One lease from acceptance to pay: the answer is written down once, and nothing of it leaves before the set is closed.
import { commitmentOf } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { workerDecider } from "../../src/core/index.ts";
import {
  config,
  coordinator,
  Driven,
  escrow,
  frameSignature,
  hash,
  lease,
  only,
  operator,
  otherCoordinator,
  worker,
} from "./support.ts";

function running(items = [item]): Driven {
  const driven = new Driven();
  driven.connect();
  driven.allot(10_000n);
  driven.lease(items);
  return driven;
}

const item = lease("a");
const other = lease("b");

describe("an answer", () => {
  test("is committed, revealed after the set is closed, and settled", () => {
    const driven = running();
    const [sent] = only(driven.finish(item), "sendCommits");
    const held = driven.state.ledger.leases.get(item.leaseId);
    const commitment = commitmentOf(item, {
      worker,
      digest: hash("digest"),
      salt: held?.answer?.salt ?? hash("no salt"),
    });
    expect(sent?.items).toEqual([{ leaseId: item.leaseId, taskSpec: item.taskSpec, attempt: 1, commitment }]);
    expect(only(driven.closeSet(item), "sendReveals")).toMatchObject([
      { coordinator, escrowId: escrow, fine: 7n, items: [{ leaseId: item.leaseId, digest: hash("digest") }] },
    ]);
    driven.verdict(item);
    expect(driven.stateOf(item)).toBe("settled");
    expect(driven.state.ledger.earned.get(escrow)).toBe(100n);
  });

  test("is not revealed to a set without our commitment, nor for anybody else", () => {
    const driven = running();
    driven.finish(item);
    expect(driven.closeSet(item, hash("another"))).toEqual([]);
    const commitment = driven.state.ledger.leases.get(item.leaseId)?.answer?.commitment ?? hash("none");
    const set = { taskSpec: item.taskSpec, commitments: [{ worker, attempt: 1, commitment }] };
    const foreign = {
      type: "commitSetsReceived",
      coordinator: otherCoordinator,
      items: [set],
      signed: frameSignature,
    } as const;
    expect(driven.effectsOf(foreign)).toEqual([]);
    expect(driven.stateOf(item)).toBe("committed");
  });

  test("is revealed under the fine of its own lease", () => {
    const cheap = { ...other, fine: 3n };
    const driven = running([item, cheap]);
    driven.finish(item);
    driven.finish(cheap);
    const items = [item, cheap].map(({ leaseId, taskSpec, attempt }) => {
      const commitment = driven.state.ledger.leases.get(leaseId)?.answer?.commitment ?? hash("none");
      return { taskSpec, commitments: [{ worker, attempt, commitment }] };
    });
    const reveals = only(
      driven.effectsOf({ type: "commitSetsReceived", coordinator, items, signed: frameSignature }),
      "sendReveals",
    );
    expect(reveals.map(({ fine, items: [shown] }) => [fine, shown?.leaseId])).toEqual([
      [7n, item.leaseId],
      [3n, cheap.leaseId],
    ]);
  });

  test("leaves the signed set behind, and a second one that contradicts it as evidence against the coordinator", () => {
    const driven = running();
    driven.finish(item);
    const commitment = driven.state.ledger.leases.get(item.leaseId)?.answer?.commitment ?? hash("none");
    const set = { taskSpec: item.taskSpec, commitments: [{ worker, attempt: item.attempt, commitment }] };
    driven.showSet(set);
    const { shown, equivocations } = driven.state.ledger;
    const kept = shown.get(item.taskSpec);
    expect(kept).toMatchObject({ coordinator, set: { item: set, evidence: { index: 0, proof: [] } } });
    driven.verdict(item);
    driven.showSet(set);
    expect(equivocations.size).toBe(0);
    const forked = { ...set, commitments: [...set.commitments, { worker: operator, attempt: 9, commitment }] };
    const by = { type: "commitSetsReceived", coordinator: otherCoordinator, signed: frameSignature } as const;
    driven.effectsOf({ ...by, items: [forked] });
    expect(equivocations.size).toBe(0);
    driven.showSet(forked);
    driven.showSet({ ...set, commitments: [] });
    expect([...equivocations]).toEqual([[coordinator, [kept?.set, expect.objectContaining({ item: forked })]]]);
    expect(driven.facts.filter(({ type }) => type === "coordinatorEquivocated")).toHaveLength(1);
  });

  test("is given once, whatever the executor says later", () => {
    const driven = running();
    driven.finish(item);
    const first = driven.state.ledger.leases.get(item.leaseId)?.answer;
    expect(only(driven.finish(item, "another digest"), "sendCommits")).toEqual([]);
    expect(driven.state.ledger.leases.get(item.leaseId)?.answer).toEqual(first);
  });

  test("of a lease that ended is never given, even when it is leased again", () => {
    const driven = running();
    driven.finish(item);
    driven.closeSet(item);
    driven.verdict(item, "rejected");
    expect(only(driven.lease([item]), "sendDeclines")).toMatchObject([{ leases: [{ reason: "badLease" }] }]);
    expect(driven.state.ledger.earned.get(escrow)).toBeUndefined();
  });
});

describe("a failure", () => {
  test("ends the lease and is told with its log", () => {
    const driven = running();
    const result = { kind: "failed", fault: "application", reason: "exit", message: "exit 3", log: "oh no" } as const;
    const effects = driven.effectsOf({ type: "runFinished", leaseId: item.leaseId, attempt: 1, result });
    expect(only(effects, "sendFailures")).toMatchObject([
      { items: [{ leaseId: item.leaseId, kind: "application", reason: "exit", log: "oh no" }] },
    ]);
    expect(driven.stateOf(item)).toBe("failed");
  });
});

describe("time and revocation", () => {
  test("a run beyond its deadline is killed and says nothing more", () => {
    const driven = running();
    expect(only(driven.pass(60_000), "killRun")).toEqual([{ type: "killRun", leaseId: item.leaseId }]);
    expect(driven.stateOf(item)).toBe("expired");
    expect(driven.finish(item).filter(({ type }) => type !== "sendAsk")).toEqual([]);
  });

  test("a revoked run is killed; only its own coordinator may revoke it", () => {
    const driven = running();
    const leases = [{ leaseId: item.leaseId, reason: "late" }];
    expect(driven.effectsOf({ type: "leasesRevoked", coordinator: otherCoordinator, leases })).toEqual([]);
    expect(only(driven.effectsOf({ type: "leasesRevoked", coordinator, leases }), "killRun")).toHaveLength(1);
    expect(driven.stateOf(item)).toBe("revoked");
  });

  test("heartbeats name what is held, with progress but nothing of the output", () => {
    const driven = running();
    driven.input({ type: "runProgressed", leaseId: item.leaseId, done: 3, total: 10 });
    expect(only(driven.pass(1_000), "sendBeat")).toEqual([
      { type: "sendBeat", coordinator, leases: [{ leaseId: item.leaseId, done: 3, total: 10 }] },
    ]);
    expect(only(driven.pass(999), "sendBeat")).toEqual([]);
  });
});

describe("what may have been lost", () => {
  test("is said again after a greeting: accepts, commitments, reveals", () => {
    const driven = running();
    expect(only(driven.connect(coordinator, "s2"), "sendAccepts")).toMatchObject([{ leases: [{ attempt: 1 }] }]);
    driven.finish(item);
    expect(only(driven.connect(coordinator, "s3"), "sendCommits")).toHaveLength(1);
    driven.closeSet(item);
    expect(only(driven.connect(coordinator, "s4"), "sendReveals")).toHaveLength(1);
    expect(only(driven.connect(otherCoordinator, "o1"), "sendReveals")).toEqual([]);
  });

  test("is said again when a coordinator repeats a lease", () => {
    const driven = running();
    driven.finish(item);
    expect(only(driven.lease([item]), "sendCommits")).toHaveLength(1);
  });

  test("survives a restart: runs begin again, answers stay the same", () => {
    const driven = running();
    driven.lease([other]);
    driven.finish(item);
    const answer = driven.state.ledger.leases.get(item.leaseId)?.answer;
    expect(only(driven.restart(), "runLease").map(({ lease }) => lease.leaseId)).toEqual([other.leaseId]);
    const [again] = only(driven.connect(coordinator, "s2"), "sendCommits");
    expect(again?.items[0]?.commitment).toBe(answer?.commitment);
    expect(driven.finish(item, "another")).toEqual([]);
  });
});

describe("vouchers", () => {
  const voucher = (cumulative: bigint, from = coordinator) =>
    ({
      type: "voucherReceived",
      coordinator: from,
      escrowId: escrow,
      cumulative,
      signature: `0x${"1".repeat(130)}`,
    }) as const;

  test("the highest is kept, and only of one coordinator", () => {
    const driven = running();
    driven.input(voucher(5n));
    driven.input(voucher(3n));
    expect(driven.state.ledger.vouchers.get(escrow)?.cumulative).toBe(5n);
    expect(driven.input(voucher(9n, otherCoordinator))).toMatchObject({ code: "foreignEscrow" });
  });
});

test("a snapshot that lacks what was added since is read", () => {
  const { pledges: _pledges, shown: _shown, equivocations: _equivocations, ...old } = new Driven().state.ledger;
  const { ledger } = workerDecider.restore(config, old);
  expect([ledger.pledges.size, ledger.shown.size, ledger.equivocations.size]).toEqual([0, 0, 0]);
});
