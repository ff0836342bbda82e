// The positional tree: its shape on small cases by hand, and that nothing but the true claim verifies.
import {
  concat,
  fromHex,
  type Hash,
  keccakHex,
  keccakText,
  merkleProof,
  merkleRoot,
  merkleTree,
  merkleVerify,
  zeroHash,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const leavesOf = (count: number): Hash[] => Array.from({ length: count }, (_, i) => keccakText(`leaf ${i}`));
const node = (a: Hash, b: Hash): Hash => keccakHex(concat(fromHex(a), fromHex(b)));

describe("the positional tree", () => {
  test("of one leaf is the leaf, with an empty proof", () => {
    const [leaf = zeroHash] = leavesOf(1);
    const tree = merkleTree([leaf]);
    expect(tree.root).toBe(leaf);
    expect(merkleProof(tree, 0)).toEqual([]);
    expect(merkleVerify({ root: leaf, index: 0, leaf, proof: [] })).toBe(true);
    expect(merkleVerify({ root: leaf, index: 1, leaf, proof: [] })).toBe(false);
  });

  test("pads with zero leaves to a power of two", () => {
    const [a = zeroHash, b = zeroHash, c = zeroHash, d = zeroHash, e = zeroHash] = leavesOf(5);
    expect(merkleRoot([a, b, c])).toBe(node(node(a, b), node(c, zeroHash)));
    const nothing = node(zeroHash, zeroHash);
    expect(merkleRoot([a, b, c, d, e])).toBe(node(node(node(a, b), node(c, d)), node(node(e, zeroHash), nothing)));
  });

  test("proves every leaf, and no leaf at another place", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), fc.nat(), (count, at, other) => {
        const leaves = leavesOf(count);
        const tree = merkleTree(leaves);
        const index = at % count;
        const leaf = leaves[index] ?? zeroHash;
        const proof = merkleProof(tree, index);
        expect(merkleVerify({ root: tree.root, index, leaf, proof })).toBe(true);
        const wrong = other % 2 ** proof.length;
        if (wrong !== index) expect(merkleVerify({ root: tree.root, index: wrong, leaf, proof })).toBe(false);
        expect(merkleVerify({ root: tree.root, index: index + 2 ** proof.length, leaf, proof })).toBe(false);
        expect(merkleVerify({ root: tree.root, index, leaf: keccakText("another"), proof })).toBe(false);
        expect(merkleVerify({ root: tree.root, index, leaf, proof: [...proof, zeroHash] })).toBe(false);
      }),
    );
  });

  test("refuses no leaves and an index outside", () => {
    expect(() => merkleTree([])).toThrow(/0 leaves/);
    expect(() => merkleProof(merkleTree(leavesOf(3)), 3)).toThrow(/no leaf 3/);
    expect(merkleVerify({ root: zeroHash, index: -1, leaf: zeroHash, proof: [] })).toBe(false);
    expect(merkleVerify({ root: zeroHash, index: 0.5, leaf: zeroHash, proof: [zeroHash] })).toBe(false);
  });
});
