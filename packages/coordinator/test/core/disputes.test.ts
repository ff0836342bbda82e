// Fines are the court's alone: a caught answer is disputed while its pledge stands, and what the verdict says is what is taken.
import { type Hash, keccakText, resultHashOf, zeroHash } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { statementOf } from "../../src/core/disputes/statement.ts";
import { escrowView, nodeView } from "../../src/core/index.ts";
import type { Lease } from "../../src/core/ledger/lease.ts";
import { coordinator, payer, submission } from "./world/fixtures.ts";
import { fund, worldOf } from "./world/trust.ts";
import type { World } from "./world/world.ts";

/** One liar among honest workers, and a referee; the court finds what the honest say. */
function play(options: { tasks?: number; money?: bigint; policy?: Parameters<typeof worldOf>[1] } = {}) {
  const { world, workers } = worldOf(["liar", "honest", "honest"], options.policy);
  world.join("referee", "honest", { operator: payer });
  const { court } = world.chain;
  court.money = options.money ?? court.money;
  court.operatorOf = (worker) => world.workers.get(worker)?.record.operator ?? worker;
  court.verdictOf = (taskSpec) => rightAnswer(world, taskSpec);
  const job = submission({ tasks: options.tasks ?? 4, trust: "quorum" });
  world.submit(job);
  fund(world, job.newEscrowId);
  const [liar] = workers;
  if (liar === undefined) throw new Error("a liar");
  const escrow = () => {
    const found = world.state.ledger.escrows.get(job.newEscrowId);
    if (found === undefined) throw new Error("an escrow");
    return found;
  };
  return { world, court, job, liar, escrow };
}

function leasesOf(world: World, taskSpec: Hash): readonly Lease[] {
  return [...world.state.ledger.leases.values()].filter((lease) => lease.taskSpec === taskSpec);
}

function rightAnswer(world: World, taskSpec: Hash): Hash {
  const [lease] = leasesOf(world, taskSpec);
  const task = lease === undefined ? undefined : world.state.ledger.tasks.get(lease.taskId);
  return task?.result == null ? zeroHash : resultHashOf(taskSpec, task.result.digest);
}

describe("a caught answer", () => {
  test("is disputed, judged, and its fine taken out of the pledge once", () => {
    const { world, court, liar, escrow } = play();
    world.settle(60);
    const due = world.factsOf("fineDue");
    expect(due.length).toBeGreaterThan(0);
    expect([...court.cases.values()].map(({ resolved }) => resolved)).toEqual(due.map(() => true));
    const collected = world.factsOf("fineCollected");
    expect(collected.map(({ leaseId, amount }) => [leaseId, amount])).toEqual(
      due.map(({ leaseId, amount }) => [leaseId, amount]),
    );
    expect(world.factsOf("fineRefused")).toEqual([]);
    const { finesDue, fines, chain } = escrow();
    for (const { outcome, amount } of finesDue.values()) expect(outcome).toMatchObject({ kind: "collected", amount });
    expect(fines.get(liar.record.operator)).toBeUndefined();
    const taken = due.reduce((sum, { amount }) => sum + amount, 0n);
    expect(chain.pledges.get(liar.record.operator)).toBe(10n ** 15n - taken);
  });

  test("is disputed by what its worker signed, before the work of the escrow ends", () => {
    const { world, court } = play({ tasks: 1, policy: { policy: { escrowIdleMs: 0 } } });
    world.settle(60);
    const [one] = court.cases.values();
    const [due] = world.factsOf("fineDue");
    const lease = world.state.ledger.leases.get(due?.leaseId ?? "0x");
    const { answer } = lease ?? {};
    if (one === undefined || lease === undefined || answer == null) throw new Error("a dispute");
    expect(one.accused).toEqual([
      {
        worker: lease.worker,
        attempt: lease.attempt,
        resultHash: resultHashOf(lease.taskSpec, answer.digest),
        resultsRoot: answer.evidence.frame.root,
        index: answer.evidence.index,
        fine: answer.fine,
        proof: answer.evidence.proof,
        signature: answer.evidence.frame.signature,
      },
    ]);
    const kinds = world.facts.flatMap((fact) =>
      fact.type === "sender" && fact.fact.type === "transactionIntended" ? [fact.fact.call] : [],
    );
    const openedAt = kinds.findIndex(({ kind }) => kind === "openOnReceipt");
    const lastAt = kinds.findIndex((call) => call.kind === "commit" && call.last);
    expect(openedAt).toBeGreaterThanOrEqual(0);
    expect(lastAt).toBeGreaterThan(openedAt);
  });

  test("is shown with what it waits for, until when, and with its end", () => {
    const { world, court, job } = play({ tasks: 1 });
    const shown = () => escrowView(world.state, job.newEscrowId)?.fines[0];
    const seen = new Set<string>();
    for (let i = 0; i < 60; i += 1) {
      world.settle(1);
      const fine = shown();
      if (fine === undefined) continue;
      seen.add(`${fine.state}: ${fine.message}`);
      const isTimed = /may be named|to be drawn|vote/.test(fine.message);
      expect(fine.untilSeconds === null).toBe(!isTimed);
      if (fine.untilSeconds !== null) expect(fine.untilSeconds).toBeGreaterThan(world.chain.seconds);
    }
    expect([...seen]).toEqual([
      "disputed: further signers of wrong answers may be named",
      "disputed: a jury is to be drawn",
      "disputed: 3 jurors run the task again and vote",
      "disputed: the ruling is asked for",
      "collected: a jury found another answer, and the court took it from the pledge",
    ]);
    const [disputeId] = court.cases.keys();
    const fine = shown();
    expect(fine).toMatchObject({ state: "collected", taken: fine?.amount, disputeId });
    const node = nodeView(world.state, fine?.worker ?? "0x");
    expect(node).toMatchObject({ caught: 1, finesDue: 0n, finesTaken: fine?.amount });
  });

  test("brings the bond back to the coordinator", () => {
    const { world, court } = play();
    const { money } = court;
    world.settle(60);
    expect(court.cases.size).toBeGreaterThan(0);
    expect(court.credits.get(coordinator) ?? 0n).toBe(0n);
    expect(court.money + BigInt(court.cases.size) * 130_000n).toBe(money);
    expect(world.state.ledger.credits.get(coordinator)?.amount).toBe(0n);
  });

  test("that a jury finds right costs its worker nothing", () => {
    const { world, court, liar, escrow } = play({ tasks: 1 });
    court.verdictOf = (taskSpec) =>
      [...court.cases.values()].find((one) => one.taskSpec === taskSpec)?.contested ?? "0x";
    world.settle(60);
    expect(world.factsOf("fineCollected")).toEqual([]);
    expect(world.factsOf("fineRefused")).toMatchObject([{ isAcquitted: true, reason: { code: "rightAnswer" } }]);
    expect(escrow().chain.pledges.get(liar.record.operator)).toBe(10n ** 15n);
    expect(escrow().fines.has(liar.record.operator)).toBe(false);
  });

  test("about which no jury agrees, or for which there is none, costs nothing either", () => {
    for (const why of ["undecided", "noSeats"] as const) {
      const { world, court } = play({ tasks: 1 });
      if (why === "undecided") court.verdictOf = () => zeroHash;
      else court.seats = 2;
      world.settle(60);
      expect(world.factsOf("fineCollected")).toEqual([]);
      expect(world.factsOf("fineRefused")).toMatchObject([{ isAcquitted: false, reason: { code: "undecided" } }]);
      expect([...court.cases.values()].every(({ resolved }) => resolved)).toBe(true);
    }
  });
});

describe("a caught answer of a class whose machines compute differently", () => {
  test("is fined by nobody, since jurors on other machines would find honest answers wrong", () => {
    const classes = [{ name: "cpu", engine: "process", calibration: keccakText("old libraries") }] as const;
    const { world } = worldOf([]);
    for (const [i, behaviour] of (["liar", "honest", "honest"] as const).entries())
      world.join(`c${i}`, behaviour, { classes });
    world.join("referee", "honest", { operator: payer, classes });
    const job = submission({ tasks: 4, trust: "quorum", step: { runtimeClass: "cpu" } });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(60);
    expect(world.factsOf("fineDue").length).toBeGreaterThan(0);
    expect(world.factsOf("disputeWanted")).toEqual([]);
    const refused = world.factsOf("fineRefused");
    expect(refused.map(({ reason }) => reason.code)).toEqual(world.factsOf("fineDue").map(() => "notPortable"));
    expect(world.chain.court.cases.size).toBe(0);
  });
});

describe("two answers that a worker signed for one attempt", () => {
  test("are fined by both signatures, without a dispute, once, and through a restart", () => {
    const { world, workers } = worldOf(["honest", "honest", "honest"]);
    const { court } = world.chain;
    court.operatorOf = (worker) => world.workers.get(worker)?.record.operator ?? worker;
    const [twofold] = workers;
    const feed = world.feed.bind(world);
    world.feed = (input) => {
      const outcome = feed(input);
      if (input.type !== "revealsReceived" || input.worker !== twofold?.address) return outcome;
      const items = input.message.items.map((item) => ({ ...item, digest: keccakText("another") }));
      const again = { ...input, message: { ...input.message, items } };
      feed(again);
      return feed(again);
    };
    const job = submission({ tasks: 1, trust: "strong" });
    world.submit(job);
    fund(world, job.newEscrowId);
    for (let i = 0; i < 12; i += 1) {
      world.settle(1);
      world.restart();
      world.reconnect();
    }
    expect(world.factsOf("leaseAnsweredTwice")).toHaveLength(1);
    const due = world.factsOf("fineDue");
    expect(due).toHaveLength(1);
    expect(court.cases.size).toBe(0);
    expect(world.factsOf("fineCollected").map(({ leaseId, amount }) => ({ leaseId, amount }))).toEqual(
      due.map(({ leaseId, amount }) => ({ leaseId, amount })),
    );
    const calls = world.facts.flatMap((fact) =>
      fact.type === "sender" && fact.fact.type === "transactionIntended" ? [fact.fact.call] : [],
    );
    const slashes = calls.flatMap((call) => (call.kind === "slashEquivocation" ? [call] : []));
    expect(slashes).toHaveLength(1);
    const [slash] = slashes;
    expect(slash?.one).toMatchObject({ worker: twofold?.address, attempt: slash?.other.attempt });
    expect(slash?.one.resultHash).not.toBe(slash?.other.resultHash);
    expect(slash?.other.resultHash).toBe(resultHashOf(slash?.taskSpec ?? "0x", keccakText("another")));
  });
});

describe("two answers that somebody else showed first", () => {
  test("are tried until it is too late, booked as done by another, and the pledge is free of them", () => {
    const { world, workers } = worldOf(["honest", "honest", "honest"], { policy: { escrowIdleMs: 0 } });
    const [twofold] = workers;
    const feed = world.feed.bind(world);
    world.feed = (input) => {
      const outcome = feed(input);
      if (input.type !== "revealsReceived" || input.worker !== twofold?.address) return outcome;
      const items = input.message.items.map((item) => ({ ...item, digest: keccakText("another") }));
      return feed({ ...input, message: { ...input.message, items } });
    };
    world.chain.refusals.set("slashEquivocation", "CourtNothingDue()");
    const job = submission({ tasks: 1, trust: "strong" });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(90);
    expect(world.factsOf("slashRefused").length).toBeGreaterThan(1);
    expect(world.factsOf("fineRefused")).toMatchObject([{ isAcquitted: true, reason: { code: "finedBefore" } }]);
    const escrow = world.state.ledger.escrows.get(job.newEscrowId);
    expect(escrow?.fines.has(twofold?.record.operator ?? "0x")).toBe(false);
  });
});

describe("a dispute", () => {
  test("goes on after a restart, and takes no fine twice", () => {
    for (const from of ["facts", "snapshot"] as const) {
      const { world, court } = play({ tasks: 1 });
      for (let i = 0; i < 50 && world.factsOf("fineCollected").length === 0; i += 1) {
        world.settle(1);
        world.restart(from);
        world.reconnect();
      }
      expect(world.factsOf("fineCollected")).toHaveLength(1);
      expect(court.cases.size).toBe(1);
      world.settle(10);
      expect(world.factsOf("fineCollected")).toHaveLength(1);
    }
  });

  test("that the coordinator can't pay for is given up when its time is over, says why, and holds up nothing", () => {
    const { world, court, escrow } = play({ tasks: 2, money: 0n, policy: { policy: { escrowIdleMs: 0 } } });
    world.settle(90);
    expect(court.cases.size).toBe(0);
    expect(escrow().chain.phase).toBe("closed");
    const refused = world.factsOf("fineRefused");
    expect(refused.length).toBe(world.factsOf("fineDue").length);
    for (const { reason } of refused) {
      expect(reason.code).toBe("tooLate");
      expect(reason.message).toContain("can't pay the challenger's bond");
    }
  });

  test("waits while as many as are allowed are open", () => {
    const { world, court, job } = play({ tasks: 8, policy: { policy: { disputesMax: 1 } } });
    let most = 0;
    const said = new Set<string>();
    for (let i = 0; i < 300; i += 1) {
      world.settle(1);
      const open = [...court.cases.values()].filter(({ resolved }) => !resolved).length;
      most = Math.max(most, open);
      for (const { message } of escrowView(world.state, job.newEscrowId)?.fines ?? []) said.add(message);
    }
    expect(world.factsOf("disputeWanted").length).toBeGreaterThan(1);
    expect(most).toBe(1);
    expect([...said]).toContain("as many disputes are open as this coordinator has at a time, 1");
    expect(world.factsOf("fineCollected").length).toBe(world.factsOf("fineDue").length);
  });

  test("that a stranger opened about a right answer is brought to its end, and nobody pays for its jury here", () => {
    const { world } = worldOf(["honest", "honest", "honest"]);
    const { court } = world.chain;
    const job = submission({ tasks: 1, trust: "quorum" });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(2);
    const [lease] = [...world.state.ledger.leases.values()].filter(({ answer }) => answer !== null);
    if (lease === undefined || lease.answer === null) throw new Error("an answer");
    const statement = statementOf(lease, lease.answer);
    const { escrowId, taskSpec } = lease;
    const at = { seconds: world.chain.seconds + 1, block: world.chain.block + 1 };
    world.chain.foreign.push(...court.open({ kind: "openOnReceipt", escrowId, taskSpec, statement }, at, payer));
    world.settle(30);
    const [one] = court.cases.values();
    expect(one).toMatchObject({ resolved: true, drawnAt: null, seedBlock: null });
    expect([...world.state.ledger.disputes.values()]).toMatchObject([{ isOver: true, escrowId: job.newEscrowId }]);
    expect(world.factsOf("fineRefused")).toEqual([]);
  });

  test.each(["CourtBadStage(0, 1)", "CourtNothingAtStake()"])(
    "names a signer again that was refused with %s, if that may pass",
    (error) => {
      const evidenceSeconds = 20;
      const { world, workers } = worldOf(["liar", "otherLiar"], { evidenceSeconds });
      world.join("referee", "honest", { operator: payer });
      const { court } = world.chain;
      court.operatorOf = (worker) => world.workers.get(worker)?.record.operator ?? worker;
      court.verdictOf = (taskSpec) => rightAnswer(world, taskSpec);
      court.evidence = evidenceSeconds;
      const job = submission({ tasks: 1, trust: "quorum" });
      world.submit(job);
      fund(world, job.newEscrowId);
      world.settle(2);
      world.join("fresh");
      world.chain.refusals.set("implicate", error);
      const isRefused = () => world.factsOf("disputeRefused").some(({ reason }) => reason.message.includes(error));
      for (let i = 0; i < 10 && !isRefused(); i += 1) world.settle(1);
      expect(isRefused()).toBe(true);
      world.chain.refusals.delete("implicate");
      world.settle(80);
      const isForGood = error.startsWith("CourtNothing");
      expect(world.factsOf("fineCollected")).toHaveLength(isForGood ? 1 : workers.length);
    },
  );

  test("names everybody who was caught with the task", () => {
    const { world, workers } = worldOf(["liar", "otherLiar"]);
    world.join("referee", "honest", { operator: payer });
    const { court } = world.chain;
    court.operatorOf = (worker) => world.workers.get(worker)?.record.operator ?? worker;
    court.verdictOf = (taskSpec) => rightAnswer(world, taskSpec);
    const job = submission({ tasks: 1, trust: "quorum" });
    world.submit(job);
    fund(world, job.newEscrowId);
    world.settle(2);
    world.join("fresh");
    world.settle(60);
    expect(court.cases.size).toBe(1);
    const [one] = court.cases.values();
    expect(new Set(one?.accused.map(({ worker }) => worker))).toEqual(new Set(workers.map(({ address }) => address)));
    expect(world.factsOf("fineCollected")).toHaveLength(2);
  });
});
