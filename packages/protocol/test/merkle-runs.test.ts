// Hashed run by run, a tree is the very tree that is hashed at once: its root and every proof.
import {
  keccakText,
  merkleProof,
  merkleTree,
  merkleVerify,
  proofThroughRuns,
  runTree,
  treeOfRuns,
} from "@starling/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";

const leavesOf = (count: number) => Array.from({ length: count }, (_, i) => keccakText(`leaf ${i}`));

test("runs make the same tree", () => {
  const shape = fc.record({ depth: fc.integer({ min: 0, max: 4 }), more: fc.integer({ min: 1, max: 70 }) });
  fc.assert(
    fc.property(shape, ({ depth, more }) => {
      const size = 2 ** depth;
      const leaves = leavesOf(size + more);
      const whole = merkleTree(leaves);
      const runs = Array.from({ length: Math.ceil(leaves.length / size) }, (_, run) =>
        runTree(leaves.slice(run * size, (run + 1) * size), size),
      );
      const upper = treeOfRuns(
        runs.map(({ root }) => root),
        size,
      );
      expect(upper.root).toBe(whole.root);
      leaves.forEach((leaf, index) => {
        const run = runs[Math.floor(index / size)] ?? whole;
        const proof = proofThroughRuns(run, upper, index);
        expect(proof).toEqual(merkleProof(whole, index));
        expect(merkleVerify({ root: whole.root, index, leaf, proof })).toBe(true);
      });
    }),
    { numRuns: 60 },
  );
});

test("a run is a subtree: a power of two, and no more than it holds", () => {
  expect(() => runTree(leavesOf(3), 3)).toThrow("no subtree");
  expect(() => runTree(leavesOf(5), 4)).toThrow("cannot have 5 of 4");
  expect(() => treeOfRuns(leavesOf(1), 4)).toThrow("one run");
});
