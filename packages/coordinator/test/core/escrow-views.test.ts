// One escrow is looked up by its id: a call of the API reads no other payer's books.
import { expect, test } from "vitest";
import { escrowBooks, escrowView, ledgerView, openEscrowView } from "../../src/core/index.ts";
import { address, config, payer, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

test("what is said of one escrow is what the whole ledger says of it", () => {
  const world = new World(config());
  for (const name of ["a", "b", "c"]) world.join(name);
  const mine = submission({ tasks: 2 });
  const other = submission({ key: "job-2", tasks: 2, payer: address("other payer") });
  for (const job of [mine, other]) world.submit(job);
  world.settle(10);
  const all = ledgerView(world.state);
  expect(all.escrows).toHaveLength(2);
  for (const escrow of all.escrows) {
    expect(escrowView(world.state, escrow.escrowId)).toEqual(escrow);
    const books = escrowBooks(world.state, escrow.escrowId);
    expect(books.differences).toEqual([]);
    expect(books.transactions.map(({ intentId }) => intentId.split("/")[0])).toEqual(
      expect.arrayContaining(["fund", "allot", "pay", "commit"]),
    );
  }
  const sizes = all.escrows.map(({ escrowId }) => escrowBooks(world.state, escrowId).transactions.length);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(all.transactions.length);
  expect(openEscrowView(world.state, payer)?.escrowId).toBe(mine.newEscrowId);
  expect(openEscrowView(world.state, address("nobody"))).toBeNull();
  expect(escrowView(world.state, "0x12")).toBeNull();
});
