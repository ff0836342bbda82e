// Tickets of the lottery are opened to those who answered, when nothing of the task can change any more and never before.
import { commitSetHash, isDrawn, isTicketOf, lotteryTree, mapStep } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { setItemOf } from "../../src/core/verification/commit-set.ts";
import { hash, submission } from "./world/fixtures.ts";
import { always, fund, spot, stateOf, worldOf } from "./world/trust.ts";

const RATE = 300_000;
const TASKS = 12;
const ticketGatherMs = 1_000;
const secret = hash("lottery-job-1");

/** A submission whose order names the root of its lottery, as a payer's does. */
function job(trust = spot(RATE)) {
  const made = submission({ tasks: TASKS, reduce: true, trust });
  return { ...made, order: { ...made.order, lotteryRoot: lotteryTree(secret, TASKS + 1).root } };
}

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
            tasks: TASKS + 1,
            auditPpm: RATE,
          });
          expect(got?.item.drawn).toBe(drawn);
          const ticket = got?.item ?? { ticket: hash("none"), proof: [] };
          expect(isTicketOf(made.order.lotteryRoot, position, ticket)).toBe(true);
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

  test("is not kept for whoever is away", () => {
    const { world, workers } = worldOf(["honest", "honest", "honest"]);
    const made = job();
    world.submit(made);
    fund(world, made.newEscrowId);
    world.settle(8);
    for (const worker of workers) world.feed(worker.disconnect());
    world.pass(2 * ticketGatherMs);
    expect(world.state.presence.tickets.size).toBe(0);
  });
});
