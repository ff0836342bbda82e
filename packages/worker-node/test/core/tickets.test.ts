// The opened lottery as a worker checks it: by the order's root, by the set that it was shown, and by nothing that the coordinator says.
import {
  type Address,
  commitSetHash,
  isDrawn,
  limits,
  lotteryRootFrom,
  lotteryTree,
  openTicket,
  type TicketItem,
  type TicketTerms,
  ticketLeaf,
} from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { isDiscrepancy, statusView } from "../../src/core/index.ts";
import { config, coordinator, Driven, frameSignature, hash, lease, only, otherCoordinator, worker } from "./support.ts";

const secret = hash("secret");
const TASKS = 9;
const RATE = 300_000;
const tree = lotteryTree(secret, TASKS);
const item = lease("one", { index: 3 });
const orderSignature = `0x${"05".repeat(65)}` as const;

function termsOf(change: Partial<TicketTerms> = {}, order: Partial<TicketTerms["order"]> = {}): TicketTerms {
  return {
    order: {
      requester: item.payer,
      coordinator,
      budget: 1n,
      specHash: hash("spec"),
      lotteryRoot: lotteryRootFrom(secret, { tasks: TASKS, auditPpm: RATE }),
      deadline: 1,
      salt: item.jobId,
      ...order,
    },
    orderSignature,
    ticketRoot: tree.root,
    tasks: TASKS,
    auditPpm: RATE,
    ...change,
  };
}

/** A worker that has answered a task and was shown its set. */
function answered(one = item): { readonly driven: Driven; readonly drawn: (position: number) => boolean } {
  const driven = new Driven();
  driven.connect();
  driven.allot(10_000n);
  driven.lease([one]);
  driven.finish(one);
  const commitment = driven.state.ledger.leases.get(one.leaseId)?.answer?.commitment ?? hash("none");
  driven.closeSet(one);
  driven.verdict(one);
  const set = { taskSpec: one.taskSpec, commitments: [{ worker, attempt: one.attempt, commitment }] };
  const drawn = (position: number): boolean =>
    isDrawn(openTicket(tree, { secret, position }).ticket, commitSetHash(set), RATE);
  return { driven, drawn };
}

function opened(position: number, drawn: boolean | null, one = item): TicketItem {
  return { taskSpec: one.taskSpec, ...openTicket(tree, { secret, position }), drawn };
}

function show(driven: Driven, items: readonly TicketItem[], by: { terms?: TicketTerms; from?: Address } = {}) {
  const { terms = termsOf(), from = coordinator } = by;
  driven.input({ type: "ticketsReceived", coordinator: from, terms, items, signed: frameSignature });
  return driven.facts.flatMap((fact) => (fact.type === "ticketOpened" ? [fact] : []));
}

describe("a ticket that is opened to a worker", () => {
  test("is in order when it is under the payer's root and fell as the coordinator says", () => {
    const { driven, drawn } = answered();
    const facts = show(driven, [opened(3, drawn(3))]);
    expect(facts).toMatchObject([{ outcome: "ok", taskSpec: item.taskSpec, coordinator }]);
    expect(facts[0]).not.toHaveProperty("evidence");
    expect(statusView(driven.state).lotteries).toMatchObject([{ inOrder: 1, discrepancies: {}, unopened: 0 }]);
  });

  test("tells which results were drawn, at the rate that the payer signed", () => {
    const driven = new Driven();
    driven.connect();
    driven.allot(10_000n);
    const drawn: boolean[] = [];
    for (let index = 0; index < TASKS - 1; index += 1) {
      const one = lease(`many ${index}`, { index });
      driven.lease([one]);
      driven.finish(one);
      const commitment = driven.state.ledger.leases.get(one.leaseId)?.answer?.commitment ?? hash("none");
      driven.closeSet(one);
      driven.verdict(one);
      const set = { taskSpec: one.taskSpec, commitments: [{ worker, attempt: one.attempt, commitment }] };
      drawn.push(isDrawn(openTicket(tree, { secret, position: index }).ticket, commitSetHash(set), RATE));
      show(driven, [opened(index, drawn.at(-1) === true, one)]);
    }
    const count = drawn.filter((is) => is).length;
    expect(count).toBeGreaterThan(0);
    expect(count).toBeLessThan(drawn.length);
    expect(driven.facts.flatMap((fact) => (fact.type === "ticketOpened" ? [fact.drawn === true] : []))).toEqual(drawn);
    const status = { coordinator, inOrder: drawn.length, drawn: count, checks: 0, discrepancies: {}, unopened: 0 };
    expect(statusView(driven.state).lotteries).toEqual([status]);
  });

  test("under an order that binds tickets alone is in order at whatever rate the coordinator names, and that is said", () => {
    const order = { lotteryRoot: tree.root };
    const { driven, drawn } = answered();
    const terms = termsOf({}, order);
    expect(show(driven, [opened(3, drawn(3))], { terms })).toMatchObject([{ outcome: "rateUnsigned" }]);
    const denied = show(answered().driven, [opened(3, !drawn(3))], { terms });
    expect(denied).toMatchObject([{ outcome: "drawMisstated" }]);
    const low = show(answered().driven, [opened(3, drawn(3))], { terms: termsOf({ auditPpm: 4_999 }, order) });
    expect(low).toMatchObject([{ outcome: "rateTooLow" }]);
  });

  test("of the reduce task stands last", () => {
    const reduce = { ...item, step: "reduce", index: 0 };
    const { driven, drawn } = answered(reduce);
    expect(show(driven, [opened(TASKS - 1, drawn(TASKS - 1))])).toMatchObject([{ outcome: "ok" }]);
  });

  test("of a set that was a check says nothing of a draw, and its place is checked all the same", () => {
    const { driven } = answered();
    expect(show(driven, [opened(3, null)])).toMatchObject([{ outcome: "notFirst" }]);
    expect(statusView(driven.state).lotteries).toMatchObject([{ inOrder: 1, drawn: 0, checks: 1 }]);
    expect(show(answered().driven, [opened(4, null)])).toMatchObject([{ outcome: "wrongTicket" }]);
  });

  test("counts once, for a set that is kept, from the coordinator that showed it", () => {
    const { driven, drawn } = answered();
    expect(statusView(driven.state).lotteries).toMatchObject([{ inOrder: 0, discrepancies: {}, unopened: 1 }]);
    expect(show(driven, [opened(3, drawn(3))], { from: otherCoordinator })).toEqual([]);
    expect(show(driven, [{ ...opened(3, drawn(3)), taskSpec: hash("another") }])).toEqual([]);
    show(driven, [opened(3, drawn(3))]);
    expect(show(driven, [opened(3, !drawn(3))])).toHaveLength(1);
  });

  test("outlives a restart", () => {
    const { driven, drawn } = answered();
    show(driven, [opened(3, !drawn(3))]);
    const before = statusView(driven.state).lotteries;
    driven.restart();
    expect(statusView(driven.state).lotteries).toEqual(before);
    expect(before).toMatchObject([{ discrepancies: { drawMisstated: 1 } }]);
  });
});

describe("a coordinator is on record that", () => {
  const cases: readonly [string, string, (drawn: boolean) => readonly [TicketItem, TicketTerms]][] = [
    ["opens the ticket of another task", "wrongTicket", (drawn) => [opened(4, drawn), termsOf()]],
    [
      "opens a ticket that nobody bound himself to",
      "wrongTicket",
      (drawn) => [{ ...opened(3, drawn), ticket: hash("made up") }, termsOf()],
    ],
    [
      "opens one under another secret's root",
      "wrongTicket",
      (drawn) => {
        const other = hash("other secret");
        const ticket = openTicket(lotteryTree(other, TASKS), { secret: other, position: 3 });
        return [{ taskSpec: item.taskSpec, ...ticket, drawn }, termsOf()];
      },
    ],
    ["names another number of tasks", "wrongTerms", (drawn) => [opened(3, drawn), termsOf({ tasks: 40 })]],
    [
      "gives a lower rate than the payer signed",
      "wrongTerms",
      (drawn) => [opened(3, drawn), termsOf({ auditPpm: RATE - 1 })],
    ],
    ["gives a higher one", "wrongTerms", (drawn) => [opened(3, drawn), termsOf({ auditPpm: RATE + 1 })]],
    [
      "opens the tickets of another secret, and names their root",
      "wrongTerms",
      (drawn) => {
        const other = hash("other secret");
        const others = lotteryTree(other, TASKS);
        const ticket = openTicket(others, { secret: other, position: 3 });
        return [{ taskSpec: item.taskSpec, ...ticket, drawn }, termsOf({ ticketRoot: others.root })];
      },
    ],
    ["denies a draw, or makes one up", "drawMisstated", (drawn) => [opened(3, !drawn), termsOf()]],
    [
      "draws less than the least rate",
      "rateTooLow",
      (drawn) => {
        const lotteryRoot = lotteryRootFrom(secret, { tasks: TASKS, auditPpm: 4_999 });
        return [opened(3, drawn), termsOf({ auditPpm: 4_999 }, { lotteryRoot })];
      },
    ],
    [
      "shows the order of another job",
      "foreignOrder",
      (drawn) => [opened(3, drawn), termsOf({}, { salt: hash("another job") })],
    ],
    [
      "shows the order of another payer",
      "foreignOrder",
      (drawn) => [opened(3, drawn), termsOf({}, { requester: worker })],
    ],
    [
      "shows an order for another coordinator",
      "foreignOrder",
      (drawn) => [opened(3, drawn), termsOf({}, { coordinator: otherCoordinator })],
    ],
  ];
  test.each(cases)("%s", (_what, outcome, made) => {
    const { driven, drawn } = answered();
    const [wrong, terms] = made(drawn(3));
    const facts = show(driven, [opened(1, true, lease("not ours")), wrong], { terms });
    expect(facts).toMatchObject([{ outcome, evidence: { terms, item: wrong, evidence: { index: 1 } } }]);
    expect(facts[0]?.evidence?.evidence.proof).toEqual([ticketLeaf(terms, opened(1, true, lease("not ours")))]);
    expect(statusView(driven.state).lotteries).toEqual([
      { coordinator, inOrder: 0, drawn: 0, checks: 0, discrepancies: { [outcome]: 1 }, unopened: 0 },
    ]);
    expect(driven.state.ledger.lotteries.get(coordinator)?.first?.item).toEqual(wrong);
  });

  test("and what follows is counted without more evidence", () => {
    const driven = new Driven();
    const two = [lease("one", { index: 3 }), lease("two", { index: 4 })];
    driven.connect();
    driven.allot(10_000n);
    driven.lease(two);
    for (const one of two) {
      driven.finish(one);
      driven.closeSet(one);
    }
    const facts = show(
      driven,
      two.map((one) => opened(0, null, one)),
    );
    expect(facts.map(({ outcome, evidence }) => [outcome, evidence !== undefined])).toEqual([
      ["wrongTicket", true],
      ["wrongTicket", false],
    ]);
  });
});

describe("tickets that are missing when a coordinator is greeted", () => {
  const wanted = (driven: Driven, from = coordinator) => only(driven.connect(from, "s2"), "sendTicketsWanted");
  const place = { jobId: item.jobId, step: item.step, index: item.index };

  test("are asked for, of that coordinator alone: another would learn who holds which task", () => {
    const { driven } = answered();
    expect(wanted(driven, otherCoordinator)).toEqual([]);
    expect(wanted(driven)).toEqual([{ type: "sendTicketsWanted", coordinator, tasks: [place] }]);
    driven.restart();
    expect(wanted(driven)).toHaveLength(1);
  });

  test("are not asked for again once they were shown, whatever they showed", () => {
    const { driven, drawn } = answered();
    show(driven, [opened(3, !drawn(3))]);
    expect(wanted(driven)).toEqual([]);
    expect(wanted(new Driven())).toEqual([]);
  });

  test("are the newest ones where there are more than a frame may ask for", () => {
    const policy = { ...config.policy, shownSetsMax: 2 * limits.ticketsWanted, creditLimit: 1_000_000n };
    const driven = new Driven({ policy });
    driven.connect();
    driven.allot(1_000_000n);
    const count = limits.ticketsWanted + 3;
    for (let index = 0; index < count; index += 1) {
      const one = lease(`many ${index}`, { index });
      driven.lease([one]);
      driven.finish(one);
      driven.closeSet(one);
      driven.verdict(one);
    }
    const tasks = wanted(driven)[0]?.tasks ?? [];
    expect([tasks.length, tasks[0]?.index, tasks.at(-1)?.index]).toEqual([limits.ticketsWanted, 3, count - 1]);
  });
});

test("only what contradicts the coordinator is a discrepancy", () => {
  expect((["ok", "rateUnsigned", "notFirst"] as const).some(isDiscrepancy)).toBe(false);
  const wrong = ["foreignOrder", "wrongTerms", "wrongTicket", "rateTooLow", "drawMisstated"] as const;
  expect(wrong.every(isDiscrepancy)).toBe(true);
});
