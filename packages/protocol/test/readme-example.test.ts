// The example of the README: a result's digest and its place in a tree are the same for everybody who computes them.
import { canonicalJson, contentIdOfBytes, isCid } from "@starling/protocol";
import { expect, test } from "vitest";

test("the order of fields changes no hash, and a content id is made of the content alone", () => {
  expect(canonicalJson({ b: 1, a: "x" })).toBe(canonicalJson({ a: "x", b: 1 }));
  const output = new TextEncoder().encode("0.93\n");
  expect(isCid(contentIdOfBytes(output))).toBe(true);
});
