// The comparison of an audit: silent where all accounts agree, and never where one figure was changed.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareEscrow } from "../../src/audit/compare.ts";
import type { BooksMoney, ChainMoney, EscrowSources } from "../../src/audit/sources.ts";
import { agreeing, escrowId, type FreeFigures, freeFigures, liar, wrongLease } from "./agreeing.ts";
import { amountsIn, changed } from "./change-one.ts";

const figures: FreeFigures = {
  answers: [
    { job: 0, worker: 0, pay: 10n },
    { job: 0, worker: 1, pay: 20n },
    { job: 1, worker: 0, pay: 5n },
  ],
  isClosed: false,
  paidPercent: 100,
  fine: 7n,
  fined: false,
};
const clean = agreeing(figures);
const [first] = [...(clean.books?.workers.keys() ?? [])];
const [job] = [...(clean.books?.jobs.keys() ?? [])];

function withBooks(change: Partial<BooksMoney>): EscrowSources {
  if (clean.books === null) throw new Error("the clean escrow has books");
  return { ...clean, books: { ...clean.books, ...change } };
}

function withChain(change: Partial<ChainMoney>): EscrowSources {
  if (clean.chain === null) throw new Error("the clean escrow is on chain");
  return { ...clean, chain: { ...clean.chain, ...change } };
}

describe("compareEscrow", () => {
  it("finds nothing where all accounts agree", () => {
    fc.assert(
      fc.property(freeFigures, (free) => {
        expect(compareEscrow(agreeing(free))).toEqual([]);
      }),
    );
  });

  it("names every single figure that is changed, in any source, by any amount", () => {
    fc.assert(
      fc.property(
        freeFigures,
        fc.nat(),
        fc.record({ by: fc.bigInt({ min: 1n, max: 10n ** 12n }), up: fc.boolean() }),
        (free, which, { by, up }) => {
          const sources = agreeing(free);
          const paths = amountsIn(sources);
          const path = paths[which % paths.length] ?? [];
          // An older voucher says less than a newer one, and both are right.
          fc.pre(path[0] !== "held" || up);
          expect(compareEscrow(changed(sources, path, up ? by : -by)), path.join(".")).not.toEqual([]);
        },
      ),
      { numRuns: 600 },
    );
  });

  it("names a lie about a worker's pay once, with both sides and its size", () => {
    const lie = new Map(clean.books?.workers).set(first ?? "0x", { earned: 15n, paid: 11n, allotted: 15n });
    expect(compareEscrow(withBooks({ workers: lie }))).toEqual([
      expect.objectContaining({
        matter: "paid",
        subject: first,
        amount: -4n,
        sides: [
          { source: "books", amount: 11n },
          { source: "chain", amount: 15n },
        ],
        reason: expect.stringContaining("hides a payment"),
      }),
    ]);
  });

  it("names the pay of a job whose receipt is missing, worker by worker", () => {
    const found = compareEscrow({ ...clean, receipts: clean.receipts.filter(({ jobId }) => jobId !== job) });
    const pay = found.filter(({ matter }) => matter === "earned");
    expect(pay.map(({ jobId, amount }) => [jobId, amount])).toEqual([
      [job, 10n],
      [job, 20n],
    ]);
    expect(pay.every(({ reason }) => reason.includes("no receipt"))).toBe(true);
    // The fine of the job's liar is without evidence too.
    expect(found.filter(({ matter }) => matter !== "earned").map(({ subject }) => subject)).toEqual([wrongLease]);
  });

  it("names a payment on chain that no receipt stands for, even where the coordinator is silent or forgets", () => {
    const forgotten: EscrowSources = { ...withChain({ isClosed: true }), books: null, receipts: [], held: [] };
    const found = compareEscrow(forgotten).filter(({ sides: [, side] }) => side?.source === "receipts");
    expect(found.map(({ matter, amount }) => [matter, amount])).toEqual([
      ["paid", 15n],
      ["paid", 20n],
    ]);
    expect(compareEscrow({ ...forgotten, ...withChain({ isClosed: false }), books: null })).toContainEqual(
      expect.objectContaining({ matter: "escrow", reason: expect.stringContaining("tells nothing") }),
    );
  });

  it("names what was earned and never paid when the escrow is closed, and not before", () => {
    const half = { ...figures, paidPercent: 0 };
    expect(compareEscrow(agreeing(half))).toEqual([]);
    const open = agreeing(half);
    if (open.chain === null || open.books === null) throw new Error("both sides know the escrow");
    const { deposited } = open.chain;
    const closed = {
      ...open,
      chain: { ...open.chain, isClosed: true, refunded: deposited, account: { budget: 0n, allotted: 0n, claimed: 0n } },
      books: { ...open.books, state: "closed", refunded: deposited },
    };
    expect(compareEscrow(closed).map(({ matter, amount }) => [matter, amount])).toEqual([
      ["earned", 15n],
      ["earned", 20n],
    ]);
  });

  it("names a fine above what was signed, one without evidence, and one for an answer that stands", () => {
    const operators = new Map([[liar, { pledged: 14n, released: 0n, fined: 8n, account: 6n }]]);
    const greedy = { ...withChain({ operators }), books: { ...withBooks({ pledges: new Map([[liar, 6n]]) }).books } };
    expect(compareEscrow(greedy as EscrowSources)).toEqual([
      expect.objectContaining({ matter: "fined", subject: liar, amount: 1n }),
    ]);
    const receipts = clean.receipts.map((one) => ({ ...one, overruled: new Set<never>() }));
    expect(compareEscrow({ ...clean, receipts })).toEqual([
      expect.objectContaining({
        matter: "fineOwed",
        subject: wrongLease,
        reason: expect.stringContaining("the receipt accepts"),
      }),
    ]);
  });

  it("names a voucher that is not signed, and one that the coordinator denies", () => {
    const vouchers = new Map<`0x${string}`, bigint | null>(clean.books?.vouchers).set(first ?? "0x", null);
    expect(compareEscrow({ ...withBooks({ vouchers }), held: [] })).toEqual([
      expect.objectContaining({ matter: "vouched", subject: first, sides: [] }),
    ]);
    const held = [{ escrowId, worker: first ?? "0x", cumulative: 99n } as const];
    expect(compareEscrow({ ...clean, held })).toEqual([
      expect.objectContaining({ matter: "vouched", subject: first, amount: 84n }),
    ]);
  });

  it("names answers that a receipt accepts without pay, and receipts that do not hold", () => {
    const receipts = clean.receipts.map((one) => ({
      ...one,
      unpaid: new Map([[first ?? "0x", 2]]),
      problems: ["the seal is broken"],
    }));
    const found = compareEscrow({ ...clean, receipts: receipts.slice(0, 1) }).filter(({ sides }) => sides.length === 0);
    expect(found.map(({ matter }) => matter)).toEqual(["receipt", "earned"]);
  });

  it("takes the coordinator by its word where its books do not balance, or its escrow is another's", () => {
    const reasons = compareEscrow(withBooks({ isBalanced: false, payer: liar, state: "closed" })).map(
      ({ reason }) => reason,
    );
    expect(reasons).toHaveLength(3);
    expect(reasons[0]).toMatch(/do not balance/);
  });
});
