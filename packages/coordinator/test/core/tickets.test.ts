// Tickets of the lottery are opened to those who answered, when nothing of the task can change any more and never before.
import { commitSetHash, isDrawn, isTicketOf, lotteryBond, lotteryTree, mapStep } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { type CoordinatorPolicy, defaultPolicy } from "../../src/core/index.ts";
import { setItemOf } from "../../src/core/verification/commit-set.ts";
import { hash, submission } from "./world/fixtures.ts";
import { always, fund, hardly, spot, stateOf, worldOf } from "./world/trust.ts";
import type { TestWorker } from "./world/worker.ts";

const RATE = 300_000;
const TASKS = 12;
const ticketGatherMs = 1_000;

function job(trust = spot(RATE)) {
  return submission({ tasks: TASKS, reduce: true, trust });
}

const ticketRoot = lotteryTree(hash("lottery-job-1"), TASKS + 1).root;

function finished(policy: Parameters<typeof worldOf>[1] = {}, trust = spot(RATE)) {
  const { world, workers } = worldOf(["honest", "honest", "honest"], policy);
  const made = job(trust);
  world.submit(made);
  fund(world, made.newEscrowId);
  world.settle(8);
  expect(stateOf(world, made.jobId)).toBe("completed");
  return { world, workers, made };
}

describe("the ticket of a settled task", () => {
  test("goes to everybody who answered it, under the payer's root, with what the lottery said of his set", () => {
    const { world, workers, made } = finished();
    world.pass(ticketGatherMs + 100);
    let drawnOnes = 0;
    for (const task of world.state.ledger.tasks.values()) {
      const position = task.step === mapStep ? task.index : TASKS;
      for (const { leases, drawn } of task.sets) {
        const members = leases.flatMap((leaseId) => world.state.ledger.leases.get(leaseId) ?? []);
        for (const { worker, taskSpec } of members) {
          const mine = workers.find(({ address }) => address === worker)?.tickets ?? [];
          const [got, ...more] = mine.filter(({ item }) => item.taskSpec === taskSpec);
          expect(more).toEqual([]);
          expect(got?.terms).toEqual({
            order: made.order,
            orderSignature: made.orderSignature,
            ticketRoot,
            tasks: TASKS + 1,
            auditPpm: RATE,
          });
          expect(got === undefined ? null : lotteryBond(made.order.lotteryRoot, got.terms)).toBe("terms");
          expect(got?.item.drawn).toBe(drawn);
          const ticket = got?.item ?? { ticket: hash("none"), proof: [] };
          expect(isTicketOf({ ticketRoot, tasks: TASKS + 1 }, position, ticket)).toBe(true);
          if (drawn !== null) expect(isDrawn(ticket.ticket, commitSetHash(setItemOf(members)), RATE)).toBe(drawn);
          drawnOnes += drawn === true ? 1 : 0;
        }
      }
    }
    expect(drawnOnes).toBeGreaterThan(0);
    const answers = [...world.state.ledger.leases.values()].filter(({ answer }) => answer !== null).length;
    expect(workers.reduce((sum, { tickets }) => sum + tickets.length, 0)).toBe(answers);
    expect(world.state.presence.tickets.size).toBe(0);
  });

  test("tells an audit that it was one only afterwards", () => {
    const { world, workers } = finished({}, spot(always));
    world.pass(ticketGatherMs + 100);
    const told = workers.flatMap(({ tickets }) => tickets.map(({ item }) => item.drawn));
    expect(told.filter((drawn) => drawn === true)).toHaveLength(TASKS + 1);
    expect(told.filter((drawn) => drawn === null)).toHaveLength(TASKS + 1);
  });

  test("stays closed until the task is settled, whatever was accepted", () => {
    const finalityMs = 60_000;
    const { world } = worldOf(["honest", "honest"], { policy: { finalityMs } });
    const made = job(spot(always));
    world.submit(made);
    fund(world, made.newEscrowId);
    world.pass(finalityMs / 2);
    expect(world.factsOf("taskAccepted").length).toBeGreaterThan(TASKS);
    const sent = () => world.effects.filter(({ type }) => type === "sendTickets");
    expect(sent()).toEqual([]);
    world.pass(finalityMs);
    expect(world.factsOf("taskSettled").length).toBeGreaterThan(0);
    expect(sent().length).toBeGreaterThan(0);
  });

  test("is never opened under another root than the payer signed: it would look as if we had made it up", () => {
    const { world, workers } = worldOf(["honest", "honest"]);
    const made = job();
    world.submit({ ...made, order: { ...made.order, lotteryRoot: hash("of a large job") } });
    fund(world, made.newEscrowId);
    world.settle(8);
    expect(stateOf(world, made.jobId)).toBe("completed");
    world.pass(2 * ticketGatherMs);
    expect(workers.flatMap(({ tickets }) => tickets)).toEqual([]);
    expect(world.state.presence.tickets.size).toBe(0);
  });

  test("takes one signed frame for many, and the tree of a large job many turns", () => {
    const { world, workers } = finished({ policy: { ticketsPerTurn: 4 } });
    const frames = () => world.effects.filter(({ type }) => type === "sendTickets").length;
    world.pass(10 * ticketGatherMs);
    const opened = workers.reduce((sum, { tickets }) => sum + tickets.length, 0);
    expect(opened).toBeGreaterThan(TASKS);
    // Four tasks a turn, a frame for each of the three workers at most.
    expect(frames()).toBeLessThanOrEqual(3 * Math.ceil((TASKS + 1) / 4 + 1));
    const { world: whole } = finished();
    whole.pass(10 * ticketGatherMs);
    expect(whole.effects.filter(({ type }) => type === "sendTickets").length).toBeLessThanOrEqual(6);
  });
});

/** A finished job whose workers were away when its tickets were opened. */
function missed(policy: Partial<CoordinatorPolicy> = {}) {
  const gatherMs = 20_000;
  const { world, workers } = worldOf(["honest", "honest", "honest"], {
    policy: { ticketGatherMs: gatherMs, ...policy },
  });
  const made = job();
  world.submit(made);
  fund(world, made.newEscrowId);
  world.settle(8);
  for (const worker of workers) world.feed(worker.disconnect());
  expect(stateOf(world, made.jobId)).toBe("completed");
  world.tick(2 * gatherMs);
  expect(world.state.presence.tickets.size).toBe(0);
  expect(workers.flatMap(({ tickets }) => tickets)).toEqual([]);
  const answers = [...world.state.ledger.leases.values()].filter(({ answer }) => answer !== null);
  const [first] = workers;
  if (first === undefined) throw new Error("nobody works");
  const mine = answers.filter(({ worker }) => worker === first.address).map(({ taskSpec }) => taskSpec);
  expect(mine.length).toBeGreaterThan(2);
  return { world, workers, worker: first, made, mine };
}

const specsOf = (worker: TestWorker): readonly string[] => worker.tickets.map(({ item }) => item.taskSpec).sort();

describe("a worker that was away when tickets were opened", () => {
  const lateTicketsMs = defaultPolicy.lateTicketsMs;

  test("asks for its own when it is back, and gets them under the payer's root", () => {
    const { world, workers, worker, made, mine } = missed();
    world.feedAll(worker.connect());
    world.pass(lateTicketsMs + 100);
    expect(specsOf(worker)).toEqual([...mine].sort());
    expect(workers.filter((other) => other !== worker).flatMap(({ tickets }) => tickets)).toEqual([]);
    for (const { terms, item } of worker.tickets) {
      const task = [...world.state.ledger.tasks.values()].find(({ leases }) =>
        leases.some((leaseId) => world.state.ledger.leases.get(leaseId)?.taskSpec === item.taskSpec),
      );
      const position = task?.step === mapStep ? task.index : TASKS;
      expect(terms.order).toEqual(made.order);
      expect(isTicketOf({ ticketRoot, tasks: TASKS + 1 }, position, item)).toBe(true);
    }
    // Nothing is kept for it afterwards, and nothing is asked for twice.
    expect(world.state.presence.tickets.size).toBe(0);
    expect(worker.wantTickets()).toEqual([]);
  });

  test("gets them from a coordinator that was restarted meanwhile", () => {
    const { world, worker, mine } = missed();
    world.restart();
    world.feedAll(worker.connect());
    world.pass(lateTicketsMs + 100);
    expect(specsOf(worker)).toEqual([...mine].sort());
  });

  test("gets them at once where the tree is at hand, since the job goes on", () => {
    const { world, workers } = worldOf(["honest", "silent"]);
    const made = job(spot(hardly));
    world.submit(made);
    fund(world, made.newEscrowId);
    const [worker] = workers;
    if (worker === undefined) throw new Error("nobody works");
    world.settle(2);
    const [missing, ...got] = specsOf(worker);
    expect(got.length).toBeGreaterThan(0);
    expect(stateOf(world, made.jobId)).toBe("running");
    // One was lost on the way.
    const at = worker.tickets.findIndex(({ item }) => item.taskSpec === missing);
    worker.tickets.splice(at, 1);
    world.feed(worker.disconnect());
    world.feedAll(worker.connect());
    world.pass(ticketGatherMs + 100);
    expect(specsOf(worker)).toEqual([missing, ...got]);
  });

  test("costs no more for asking often: the tree is made once for all who ask", () => {
    const { world, workers, mine, worker } = missed({ ticketsPerTurn: 4 });
    for (let i = 0; i < 20; i += 1) {
      for (const one of workers) {
        world.feedAll(one.connect());
        world.feed(one.disconnect());
      }
    }
    for (const one of workers) world.feedAll(one.connect());
    const { tickets } = world.state.presence;
    const [desk, ...more] = tickets.values();
    expect(more).toEqual([]);
    expect(desk?.tree).toBeNull();
    const answers = [...world.state.ledger.leases.values()].filter(({ answer }) => answer !== null).length;
    expect([...(desk?.late.values() ?? [])].flat()).toHaveLength(answers);
    world.pass(lateTicketsMs + 2_000);
    expect(specsOf(worker)).toEqual([...mine].sort());
    expect(tickets.size).toBe(0);
  });

  test("is told nothing of what is not settled, what others answered, and what nobody knows", () => {
    const finalityMs = 60_000;
    const { world, workers } = worldOf(["honest", "honest"], { policy: { finalityMs } });
    const made = job(spot(hardly));
    world.submit(made);
    fund(world, made.newEscrowId);
    world.pass(finalityMs / 2);
    expect(world.factsOf("taskAccepted").length).toBeGreaterThan(2);
    for (const worker of workers) world.feedAll(worker.wantTickets());
    expect(world.state.presence.tickets.size).toBe(0);
    world.pass(2 * finalityMs);
    expect(world.factsOf("taskSettled").length).toBeGreaterThan(2);
    const before = workers.map(specsOf);
    const [first, second] = workers;
    if (first === undefined || second === undefined) throw new Error("nobody works");
    const tasks = [...world.state.ledger.tasks.values()]
      .filter(({ leases }) => leases.every((id) => world.state.ledger.leases.get(id)?.worker === second.address))
      .map(({ jobId, step, index }) => ({ jobId, step, index }));
    expect(tasks.length).toBeGreaterThan(0);
    const message = { type: "ticketsWanted" as const, tasks: [...tasks, { jobId: hash("x"), step: "map", index: 0 }] };
    world.feed({ type: "ticketsWanted", worker: first.address, session: first.session, message });
    world.pass(2 * lateTicketsMs);
    expect(workers.map(specsOf)).toEqual(before);
  });

  test("asks in vain on a stream that was replaced", () => {
    const { world, worker } = missed();
    world.feedAll(worker.connect());
    const [asked] = worker.wantTickets();
    if (asked === undefined || !("session" in asked)) throw new Error("it asks for nothing");
    expect(world.feed({ ...asked, session: "old" })).toMatchObject({ ok: false, code: "staleSession" });
  });
});
