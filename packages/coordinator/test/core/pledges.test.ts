// Pledges: asked for before leases need them, sent for workers without gas, counted once confirmed, and given back at the end.
import { checkedFineOf, fineOf, mapStep, trustTerms } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import type { CoordinatorEffect } from "../../src/core/index.ts";
import type { Job } from "../../src/core/ledger/job.ts";
import { admissionOf } from "../../src/core/money/fine.ts";
import { address, config, hash, payer, startMs, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

const operator = address("operator-a");
const trust = "quorum";
const full = fineOf(trustTerms(trust), 100n);
const policy = { probationChecks: 0, pledgeLeases: 4 };

function worldOf(pledgesUpTo: bigint, overrides: Parameters<typeof config>[0] = { policy }): World {
  const world = new World(config(overrides));
  for (const name of ["a", "b", "c"]) world.join(name).pledgesUpTo = pledgesUpTo;
  return world;
}

function questions(world: World): Extract<CoordinatorEffect, { type: "sendPledgeWanted" }>[] {
  return world.effects.filter(
    (effect): effect is Extract<CoordinatorEffect, { type: "sendPledgeWanted" }> => effect.type === "sendPledgeWanted",
  );
}

/** The first job has the pledges made; the second begins with them in one and the same escrow. */
function twoJobs(world: World) {
  const job = submission({ tasks: 12, trust });
  world.submit(job);
  world.settle(12);
  const count = world.factsOf("leaseOffered").length;
  world.submit(submission({ key: "job-2", tasks: 12, trust }));
  world.settle(12);
  const leases = world.factsOf("leaseOffered");
  const own = ({ operator: of }: { readonly operator: string }): boolean => of === operator;
  return {
    first: { escrowId: job.newEscrowId, leases: leases.slice(0, count).filter(own) },
    later: { leases: leases.slice(count).filter(own) },
  };
}

describe("a pledge", () => {
  test("is asked for with the first lease, sent, and covers later leases in full", () => {
    const world = worldOf(10n ** 9n);
    const { first, later } = twoJobs(world);
    expect(questions(world)[0]).toMatchObject({ escrowId: first.escrowId, total: 4n * full });
    expect(first.leases[0]).toMatchObject({ fine: 0n, checked: true });
    expect(later.leases[0]).toMatchObject({ fine: full, checked: false });
    const covered = later.leases.filter(({ checked }) => checked !== true);
    expect(covered.every(({ fine }) => fine === full)).toBe(true);
  });

  test("is not asked for while the probation is far from its end, nor of the payer's own workers", () => {
    const strangers = worldOf(10n ** 9n, { policy: { ...policy, probationChecks: 1_000 } });
    strangers.submit(submission({ tasks: 6, trust }));
    strangers.settle(4);
    expect(questions(strangers)).toEqual([]);
    const owned = new World(config({ policy }));
    for (const name of ["a", "b"]) owned.join(name, "honest", { operator: payer });
    owned.submit(submission({ tasks: 2, trust }));
    owned.settle(4);
    expect(questions(owned)).toEqual([]);
  });

  test("that stays away is asked for again after longer and longer pauses", () => {
    const world = worldOf(0n, { policy: { ...policy, pledgeAskMs: 1_000 } });
    world.submit(submission({ tasks: 60, trust }));
    const asked: number[] = [];
    for (let i = 0; i < 400; i += 1) {
      world.pass(100);
      if (i % 10 === 0) world.block();
      const count = questions(world).filter(({ worker }) => worker === address("worker-a")).length;
      while (asked.length < count) asked.push(world.now);
    }
    const pauses = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
    for (const [i, pause] of pauses.entries()) expect(pause).toBeGreaterThanOrEqual(1_000 * 2 ** i);
    expect(world.factsOf("leaseOffered").every(({ checked, fine }) => checked === true && fine === 0n)).toBe(true);
  });

  test("that is smaller than wanted covers what it covers; the rest is checked", () => {
    const least = checkedFineOf(trustTerms(trust), 100n);
    const world = worldOf(full + least);
    const { later } = twoJobs(world);
    expect(later.leases.slice(0, 3)).toMatchObject([
      { fine: full, checked: false },
      { fine: least, checked: true },
      { fine: 0n, checked: true },
    ]);
  });

  test("is given back when the escrow is closed", () => {
    const world = worldOf(10n ** 9n, { policy: { ...policy, escrowIdleMs: 2_000 } });
    const job = submission({ tasks: 8, trust });
    world.submit(job);
    world.settle(40);
    expect(world.state.ledger.escrows.get(job.newEscrowId)?.chain.phase).toBe("closed");
    expect(world.chain.pledges.standing.size).toBeGreaterThan(0);
    for (const { amount } of world.chain.pledges.standing.values()) expect(amount).toBe(0n);
    expect(world.state.ledger.escrows.get(job.newEscrowId)).toMatchObject({ releasing: new Map() });
  });

  test("survives a restart of the coordinator on its way", () => {
    for (const from of ["facts", "snapshot"] as const) {
      const world = worldOf(10n ** 9n);
      const job = submission({ tasks: 40, trust });
      world.submit(job);
      for (let i = 0; i < 200 && world.factsOf("pledgeIntended").length === 0; i += 1) {
        world.pass(100);
        if (i % 10 === 0) world.block();
      }
      expect(world.factsOf("pledgeIntended").length).toBeGreaterThan(0);
      world.restart(from);
      world.reconnect();
      world.settle(10);
      const escrow = world.state.ledger.escrows.get(job.newEscrowId);
      expect(escrow?.pledging.size).toBe(0);
      expect(escrow?.chain.pledges.get(operator)).toBeGreaterThan(0n);
    }
  });
});

describe("a pledge that ends", () => {
  /** A job under way, and the next event of its escrow's chain by hand. */
  function underWay() {
    const world = new World(config({ policy }));
    world.join("a");
    world.join("b");
    const job = submission({ tasks: 30, trust });
    world.submit(job);
    for (let i = 0; i < 2; i += 1) world.block();
    const { escrowId } = { escrowId: job.newEscrowId };
    let log = 0;
    const place = () => {
      log += 1;
      return { blockNumber: 2, blockHash: hash("block-2"), txHash: hash(`by hand ${log}`), logIndex: log };
    };
    const escrow = () => world.state.ledger.escrows.get(escrowId);
    return { world, job, escrowId, place, escrow };
  }

  test("before a lease of now is settled covers nothing, and is asked to be prolonged", () => {
    const { world, job, escrowId, place, escrow } = underWay();
    const deadlineSeconds = escrow()?.chain.deadlineSeconds ?? 0;
    const amount = 100n * full;
    const ends = Math.floor(world.now / 1_000) + 20;
    const event = {
      type: "pledged",
      escrowId,
      operator,
      amount,
      total: amount,
      releaseAtSeconds: ends,
      ...place(),
    } as const;
    world.apply({ type: "chainConfirmed", event, headSeconds: 1 });
    const standing = { job: world.state.ledger.jobs.get(job.jobId) as Job, operator };
    expect(admissionOf(world.state, { ...standing, price: 100n, step: mapStep })).toEqual({ fine: 0n, checked: true });
    world.submit(submission({ key: "job-2", tasks: 6, trust }));
    world.settle(2);
    // It is large enough: the same total prolongs it.
    expect(questions(world)).toContainEqual(
      expect.objectContaining({ total: amount, releaseBySeconds: deadlineSeconds + 2 }),
    );
  });

  test("and is as large as its owner permits is renewed when a later job prolongs its escrow", () => {
    const [minute, hour] = [60_000, 3_600_000];
    // What is begun now is settled in an hour, when the pledges to the first job are over.
    const limit = 10n * full;
    const world = worldOf(limit, { policy: { ...policy, finalityMs: hour, pledgeLeases: 50 } });
    const first = submission({ tasks: 12, trust, deadlineAt: world.now + minute });
    world.submit(first);
    world.settle(12);
    const endsAt = () => world.state.ledger.escrows.get(first.newEscrowId)?.chain.pledgeTerms.get(operator);
    const agreed = endsAt()?.releaseAtSeconds ?? 0;
    expect(endsAt()?.total).toBe(limit);
    const deadlineAt = world.now + 2 * hour;
    world.submit(submission({ key: "job-2", tasks: 30, trust, deadlineAt }));
    world.settle(30);
    const pledged = world.factsOf("pledgeIntended").filter(({ operator: of }) => of === operator);
    expect(pledged.map(({ total }) => total)).toEqual([limit, limit]);
    expect(endsAt()?.total).toBe(limit);
    expect(endsAt()?.releaseAtSeconds).toBeGreaterThan(agreed);
    const count = world.factsOf("leaseOffered").length;
    world.submit(submission({ key: "job-3", tasks: 6, trust, deadlineAt }));
    world.settle(6);
    const later = world.factsOf("leaseOffered").slice(count);
    const own = later.filter(({ operator: of }) => of === operator);
    expect(own.length).toBeGreaterThan(0);
    expect(own.every(({ fine, checked }) => fine === full && checked !== true)).toBe(true);
  });

  test("with its escrow covers to the end", () => {
    const { world, job, escrowId, place, escrow } = underWay();
    const releaseAtSeconds = (escrow()?.chain.deadlineSeconds ?? 0) + 2;
    const event = {
      type: "pledged",
      escrowId,
      operator,
      amount: full,
      total: full,
      releaseAtSeconds,
      ...place(),
    } as const;
    world.apply({ type: "chainConfirmed", event, headSeconds: 1 });
    world.now = (releaseAtSeconds - 10) * 1_000;
    const standing = { job: world.state.ledger.jobs.get(job.jobId) as Job, operator };
    expect(admissionOf(world.state, { ...standing, price: 100n, step: mapStep })).toEqual({
      fine: full,
      checked: false,
    });
  });

  test("by a release or a fine leaves what it stood for uncovered; undone, it stands again", () => {
    const { world, escrowId, place, escrow } = underWay();
    const pledged = { type: "pledged", escrowId, operator, releaseAtSeconds: 2e9 } as const;
    const first = { ...pledged, amount: 10n * full, total: 10n * full, ...place() };
    world.apply({ type: "chainConfirmed", event: first, headSeconds: 1 });
    world.submit(submission({ key: "job-2", tasks: 6, trust }));
    // Nobody hears of the leases, so that they stay.
    world.delivers = false;
    for (let i = 0; i < 2; i += 1) world.block();
    const fines = escrow()?.fines.get(operator) ?? 0n;
    expect(fines).toBeGreaterThan(0n);
    const released = { type: "pledgeReleased", escrowId, operator, amount: 10n * full, ...place() } as const;
    world.apply({ type: "chainConfirmed", event: released, headSeconds: 1 });
    expect(escrow()?.chain.pledges.get(operator)).toBeUndefined();
    expect(escrow()?.uncovered.get(operator)).toBe(fines);
    world.check("a release");
    world.apply({ type: "chainUndone", event: released });
    expect(escrow()?.chain.pledges.get(operator)).toBe(10n * full);
    expect(escrow()?.uncovered.size).toBe(0);
    world.check("a release that was undone");
    const slashed = { type: "slashed", escrowId, operator, amount: 10n * full - 1n, ...place() } as const;
    world.apply({ type: "chainConfirmed", event: slashed, headSeconds: 1 });
    expect(escrow()?.chain.pledges.get(operator)).toBe(1n);
    expect(escrow()?.uncovered.get(operator)).toBe(fines - 1n);
    world.check("a fine");
  });
});

describe("what workers send", () => {
  function asked(): {
    readonly world: World;
    readonly escrowId: `0x${string}`;
    readonly input: ReturnType<typeof inputOf>;
  } {
    const world = worldOf(0n);
    const job = submission({ tasks: 6, trust });
    world.submit(job);
    world.settle(3);
    const question = questions(world).find(({ worker }) => worker === address("worker-a"));
    if (question === undefined) throw new Error("nobody was asked");
    return { world, escrowId: job.newEscrowId, input: inputOf(world, question) };
  }

  function inputOf(world: World, question: Extract<CoordinatorEffect, { type: "sendPledgeWanted" }>) {
    const { escrowId, total, releaseBySeconds, deadlineSeconds } = question;
    const order = { escrowId, operator, total, releaseBySeconds, deadlineSeconds };
    const message = { type: "pledge", order, signature: `0x${"44".repeat(65)}` } as const;
    const session = world.workers.get(address("worker-a"))?.session ?? "";
    return { type: "pledgeReceived", worker: address("worker-a"), session, message } as const;
  }

  test("is sent once", () => {
    const { world, input } = asked();
    expect(world.feed(input)).toMatchObject({ ok: true });
    expect(world.feed(input)).toMatchObject({ ok: false, code: "alreadyUnderWay" });
  });

  test.each([
    ["for another operator", { operator: address("operator-b") }, "badRecord"],
    [
      "for an escrow that nobody asked for",
      { escrowId: address("x").padEnd(66, "0") as `0x${string}` },
      "escrowNotFound",
    ],
    ["too small to be worth its gas", { total: full - 1n }, "notWanted"],
    ["after its time", { deadlineSeconds: startMs / 1_000 }, "deadlinePassed"],
  ])("is refused %s", (_name, change, code) => {
    const { world, input } = asked();
    const message = { ...input.message, order: { ...input.message.order, ...change } };
    expect(world.feed({ ...input, message })).toMatchObject({ ok: false, code });
    expect(world.factsOf("pledgeIntended")).toEqual([]);
  });

  test("and reverts holds up nothing else of the escrow", () => {
    const { world, escrowId, input } = asked();
    world.chain.refusals.set("pledgeFor", "StakeInsufficient");
    expect(world.feed(input)).toMatchObject({ ok: true });
    world.drain();
    expect(world.factsOf("pledgeRefused")).toHaveLength(1);
    expect(world.state.ledger.escrows.get(escrowId)).toMatchObject({ refused: null, pledging: new Map() });
  });
});
