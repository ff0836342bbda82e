// What a worker sees of a lease does not tell whether it is an audit: fields, price, deadline, numbers and order are those of any lease.
import type { LeaseItem } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { submission } from "./world/fixtures.ts";
import { fund, spot, stateOf, worldOf } from "./world/trust.ts";

interface Seen {
  readonly item: LeaseItem;
  readonly isAudit: boolean;
  readonly place: number;
}

function play(): readonly Seen[] {
  const { world } = worldOf(["honest", "honest", "honest", "honest"]);
  const job = submission({ tasks: 300, trust: spot(300_000), budget: 10_000_000n });
  world.submit(job);
  fund(world, job.newEscrowId);
  world.settle(40);
  expect(stateOf(world, job.jobId)).toBe("completed");
  const items = world.effects.flatMap((effect) => (effect.type === "sendLeases" ? effect.leases : []));
  const known = new Set<string>();
  return items.map((item, place) => {
    const key = `${item.step}/${item.index}`;
    const isAudit = known.has(key);
    known.add(key);
    return { item, isAudit, place };
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe("leases of audits and of first runs", () => {
  const seen = play();
  const audits = seen.filter(({ isAudit }) => isAudit);
  const firsts = seen.filter(({ isAudit }) => !isAudit);

  test("have the same fields, and equal values in all that does not name the task", () => {
    expect(audits.length).toBeGreaterThan(40);
    const shape = ({ item }: Seen): string =>
      JSON.stringify([
        Object.keys(item).sort(),
        Object.keys(item.task).sort(),
        item.leaseMs,
        String(item.price),
        String(item.fine),
        item.payer,
      ]);
    expect(new Set(audits.map(shape))).toEqual(new Set(firsts.map(shape)));
  });

  test("are numbered in one row: an attempt only tells how many leases the job has had", () => {
    expect(seen.map(({ item }) => item.attempt)).toEqual(seen.map((_, i) => i + 1));
  });

  test("name indices in no order: how far the job is tells nothing of whether an index is new", () => {
    const order = firsts.map(({ item }) => item.index);
    const rising = order.filter((index, i) => i > 0 && index > (order[i - 1] ?? 0)).length;
    // In order nearly all would rise.
    expect(rising / order.length).toBeGreaterThan(0.35);
    expect(rising / order.length).toBeLessThan(0.65);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i));
    // The middle index of audits and of first runs is that of the job.
    expect(Math.abs(mean(audits.map(({ item }) => item.index)) - 149.5)).toBeLessThan(30);
  });
});

test("an offer rounds up how much is open", () => {
  const { world } = worldOf([]);
  world.submit(submission({ tasks: 20 }));
  for (let i = 0; i < 3; i += 1) world.block();
  world.pass(3_000);
  const open = world.effects.flatMap((effect) => (effect.type === "publishOffer" ? [effect.offer.open] : []));
  expect(open.length).toBeGreaterThan(0);
  expect(open.every((count) => count === 32)).toBe(true);
});
