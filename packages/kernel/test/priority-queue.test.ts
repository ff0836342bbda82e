// The queue gives what a stable sort gives.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PriorityQueue } from "../src/index.ts";

interface Item {
  readonly rank: number;
  readonly pushed: number;
}

const byRank = (a: Item, b: Item): number => a.rank - b.rank;

function drain(queue: PriorityQueue<Item>): Item[] {
  const items: Item[] = [];
  for (let item = queue.pop(); item !== undefined; item = queue.pop()) items.push(item);
  return items;
}

describe("PriorityQueue", () => {
  it("gives its items in the order of a stable sort", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 })), (ranks) => {
        const items = ranks.map((rank, pushed) => ({ rank, pushed }));
        const queue = new PriorityQueue(byRank);
        for (const item of items) queue.push(item);
        expect(queue.size).toBe(items.length);
        expect(drain(queue)).toEqual([...items].sort(byRank));
      }),
    );
  });

  it("gives the smallest at every moment, also between pushes and pops", () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 9 }), { nil: undefined })), (steps) => {
        const queue = new PriorityQueue(byRank);
        let model: Item[] = [];
        steps.forEach((rank, pushed) => {
          if (rank === undefined) {
            const expected = [...model].sort(byRank)[0];
            expect(queue.peek()).toEqual(expected);
            expect(queue.pop()).toEqual(expected);
            model = model.filter((item) => item !== expected);
          } else {
            const item = { rank, pushed };
            model.push(item);
            queue.push(item);
          }
          expect(queue.size).toBe(model.length);
        });
      }),
    );
  });
});
