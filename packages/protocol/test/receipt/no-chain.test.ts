// Receipts of a fleet without a chain: roots are signed and stand nowhere else, and the receipt says no more than that.
import { describe, expect, it } from "vitest";
import type { Receipt } from "../../src/index.ts";
import { checkAnchors } from "../../src/receipt/check-anchor.ts";
import { verifyReceipt } from "../../src/receipt/verify.ts";
import { coordinator, receiptOf } from "./forge.ts";

const onChain = receiptOf();
/** The same work; whoever recovers a signature here is told what he hopes for, since these are of another domain. */
const fleet: Receipt = {
  ...onChain,
  domain: { ...onChain.domain, chainId: 0 },
  batches: onChain.batches.map((batch) => ({ ...batch, place: null })),
};
const recover = () => coordinator.address;

function problemsOf(receipt: Receipt): { readonly anchored: boolean; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const anchored = checkAnchors(receipt, { roots: null, recover, report: (_check, problem) => problems.push(problem) });
  return { anchored, problems };
}

describe("a receipt of a network without a chain", () => {
  it("has signed roots over all results, and is not anchored", () => {
    expect(problemsOf(fleet)).toEqual({ anchored: false, problems: [] });
    expect(problemsOf({ ...fleet, domain: onChain.domain }).problems).toEqual([expect.stringMatching(/^unanchored/)]);
  });

  it("says so when it is verified", () => {
    const { checks } = verifyReceipt(fleet, { recover });
    expect(checks.find(({ name }) => name === "anchor")).toMatchObject({
      ok: true,
      outcome: "skipped",
      detail: expect.stringMatching(/^signed, not anchored: this network has no chain/),
    });
  });

  it("does not hold with a result under no root, with a root that is not signed, or with a place on a chain", () => {
    const [first, ...rest] = fleet.tasks;
    if (first === undefined) throw new Error("the receipt has tasks");
    expect(problemsOf({ ...fleet, tasks: [{ ...first, anchor: null }, ...rest] }).problems).toContainEqual(
      expect.stringMatching(/^unsigned/),
    );
    const unsigned = fleet.batches.map((batch) => ({ ...batch, signed: null }));
    expect(problemsOf({ ...fleet, batches: unsigned }).problems).toContainEqual(expect.stringMatching(/is not signed/));
    expect(problemsOf({ ...fleet, batches: onChain.batches }).problems).toContainEqual(
      expect.stringMatching(/has a place on a chain, and there is none/),
    );
  });
});
