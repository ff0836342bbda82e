// The lottery: bound before, drawn after, at the rate that was promised.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CommitSetItem,
  commitSetHash,
  fromHex,
  type Hash,
  isDrawn,
  isTicketOf,
  lotteryBond,
  lotteryRoot,
  lotteryRootFrom,
  lotteryTicket,
  lotteryTree,
  lotteryTreeInSlices,
  openSecret,
  openTicket,
  sealSecret,
  sha256,
  shuffle,
  toHex,
} from "../../src/index.ts";

const hashes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes): Hash => toHex(bytes));

function hashOf(number: number): Hash {
  return toHex(sha256(Uint8Array.of(number & 255, (number >> 8) & 255, (number >> 16) & 255)));
}

describe("tickets", () => {
  it("open against the root that the order names, each at its own position alone", () => {
    fc.assert(
      fc.property(hashes, fc.integer({ min: 1, max: 40 }), fc.nat(39), (secret, tasks, at) => {
        const position = at % tasks;
        const tree = lotteryTree(secret, tasks);
        const opened = openTicket(tree, { secret, position });
        expect(opened.ticket).toBe(lotteryTicket(secret, position));
        const place = { ticketRoot: tree.root, tasks };
        expect(isTicketOf(place, position, opened)).toBe(true);
        expect(isTicketOf(place, position + 1, opened)).toBe(false);
        expect(isTicketOf(place, position, { ...opened, ticket: hashOf(at) })).toBe(false);
        expect(isTicketOf(place, position, { ...opened, proof: [...opened.proof, hashOf(at)] })).toBe(false);
        expect(isTicketOf({ ...place, ticketRoot: hashOf(at) }, position, opened)).toBe(false);
      }),
    );
  });

  it("are bound by the order together with their number and their rate", () => {
    const secret = hashOf(9);
    const terms = { ticketRoot: lotteryTree(secret, 5).root, tasks: 5, auditPpm: 40_000 };
    const root = lotteryRootFrom(secret, terms);
    expect(root).toBe(lotteryRoot(terms));
    expect(lotteryBond(root, terms)).toBe("terms");
    const other = lotteryTree(secret, 6).root;
    for (const change of [{ tasks: 6 }, { auditPpm: 39_999 }, { auditPpm: 40_001 }, { ticketRoot: other }])
      expect(lotteryBond(root, { ...terms, ...change })).toBeNull();
    // Written down, since payers sign it: another preimage is another network.
    const label = toHex(new TextEncoder().encode("starling/lottery/1"));
    const preimage = `${label}${terms.ticketRoot.slice(2)}0000000000000005${"00009c40"}` as const;
    expect(root).toBe(toHex(sha256(fromHex(preimage))));
  });

  it("were bound alone by orders of before", () => {
    const terms = { ticketRoot: lotteryTree(hashOf(9), 5).root, tasks: 5, auditPpm: 40_000 };
    expect(lotteryBond(terms.ticketRoot, terms)).toBe("tickets");
    expect(lotteryBond(terms.ticketRoot, { ...terms, auditPpm: 1 })).toBe("tickets");
  });

  it("stand in the same tree when it is built in slices, none of them longer than was asked for", () => {
    const secret = hashOf(7);
    for (const tasks of [1, 2, 7, 33]) {
      const slices = lotteryTreeInSlices(secret, { tasks, slice: 4 });
      let pauses = 0;
      let step = slices.next();
      for (; step.done !== true; step = slices.next()) pauses += 1;
      expect(step.value).toEqual(lotteryTree(secret, tasks));
      // A hash for each leaf and for each pair of nodes above, four at a time.
      expect(pauses).toBeGreaterThanOrEqual(Math.floor(tasks / 4));
    }
  });

  it("are unrelated between jobs and positions", () => {
    const tickets = Array.from({ length: 200 }, (_, i) => lotteryTicket(hashOf(i % 20), Math.floor(i / 20)));
    expect(new Set(tickets).size).toBe(200);
  });
});

describe("the draw", () => {
  it("comes out at the promised rate, and never or always at the ends", () => {
    for (const auditPpm of [0, 5_000, 40_000, 500_000, 1_000_000]) {
      const draws = 20_000;
      let drawn = 0;
      for (let i = 0; i < draws; i += 1) if (isDrawn(hashOf(i), hashOf(i + 70_000), auditPpm)) drawn += 1;
      const expected = (draws * auditPpm) / 1_000_000;
      // The inputs are fixed, so this either always holds or never: five sigma of a binomial draw.
      const sigma = Math.sqrt((expected * (1_000_000 - auditPpm)) / 1_000_000);
      expect(Math.abs(drawn - expected)).toBeLessThanOrEqual(5 * sigma);
    }
  });

  it("depends on every member of the set and on the ticket", () => {
    const set: CommitSetItem = {
      taskSpec: hashOf(1),
      commitments: [
        { worker: `0x${"11".repeat(20)}`, attempt: 1, commitment: hashOf(2) },
        { worker: `0x${"22".repeat(20)}`, attempt: 2, commitment: hashOf(3) },
      ],
    };
    const [first, second] = set.commitments;
    if (first === undefined || second === undefined) throw new Error("the set has two members");
    const others: CommitSetItem[] = [
      { ...set, taskSpec: hashOf(9) },
      { ...set, commitments: [second, first] },
      { ...set, commitments: [first] },
      { ...set, commitments: [first, { ...second, attempt: 3 }] },
      { ...set, commitments: [first, { ...second, commitment: hashOf(4) }] },
    ];
    expect(new Set([set, ...others].map(commitSetHash)).size).toBe(6);
  });
});

describe("the shuffle", () => {
  it("is a permutation", () => {
    fc.assert(
      fc.property(hashes, fc.integer({ min: 1, max: 500 }), (secret, count) => {
        const at = shuffle(secret, count);
        const seen = new Set(Array.from({ length: count }, (_, position) => at(position)));
        expect(seen.size).toBe(count);
        for (const index of seen) expect(index).toBeLessThan(count);
      }),
    );
  });

  it("tells nothing about the position: early positions have early indices half of the time", () => {
    let below = 0;
    const jobs = 4_000;
    for (let i = 0; i < jobs; i += 1) if (shuffle(hashOf(i), 1_000)(3) < 500) below += 1;
    expect(Math.abs(below - jobs / 2)).toBeLessThan(5 * Math.sqrt(jobs / 4));
  });
});

describe("a sealed secret", () => {
  it("opens under its key and for its job alone", () => {
    fc.assert(
      fc.property(
        hashes,
        fc.tuple(hashes, hashes),
        fc.uint8Array({ minLength: 24, maxLength: 24 }).map((nonce) => ({ nonce })),
        (key, [jobId, secret], { nonce }) => {
          const sealed = sealSecret(key, { jobId, secret, nonce });
          expect(openSecret(key, jobId, sealed)).toBe(secret);
          expect(openSecret(hashOf(1), jobId, sealed)).toBeNull();
          expect(openSecret(key, hashOf(2), sealed)).toBeNull();
          expect(openSecret(key, jobId, `0x${sealed.slice(4)}`)).toBeNull();
          expect(openSecret(key, jobId, "0x")).toBeNull();
        },
      ),
    );
  });
});
