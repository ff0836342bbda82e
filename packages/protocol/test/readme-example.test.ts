// The example of the README: from a job document to its tasks, and what the payer has to put up at least.
import {
  contentIdOfBytes,
  filesOf,
  formatAmount,
  minimumBudget,
  parseJobDocument,
  taskAt,
  taskCount,
  toJobSpec,
  verifyReceipt,
} from "@starling/protocol";
import { expect, test } from "vitest";
import { network, receiptOf } from "./receipt/forge.ts";

const document = `
version: 1
run: {wasm: ./train.wasm, args: [--lr, "\${item.lr}"]}
each: {matrix: {lr: [0.1, 0.2], part: {range: [0, 2]}}, exclude: [{lr: 0.2, part: 1}]}
outputs: {score: score.json}
`;

test("a document becomes five tasks, each with its own arguments", () => {
  const read = parseJobDocument(document);
  if (!read.ok) throw new Error(read.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  const content = new TextEncoder().encode("the bytes of train.wasm");
  const files = filesOf(read.document).map(
    ({ key }) => [key, { cid: contentIdOfBytes(content), size: content.length }] as const,
  );
  const spec = toJobSpec(read.document, new Map(files));
  expect(taskCount(spec.each)).toBe(5);
  expect(taskAt(spec, 4).args).toEqual(["--lr", "0.2"]);
  expect(formatAmount(minimumBudget(spec, read.document.budget.perTask))).toBe("0.11 USD");
});

test("what is wrong is named with its path", () => {
  const read = parseJobDocument(document.replace("outputs", "output"));
  expect(read).toEqual({
    ok: false,
    problems: [{ path: "output", message: 'there is no key "output"; did you mean "outputs"?' }],
  });
});

test("a receipt answers each question offline, and says what it does not prove", () => {
  const { ok, checks, notProven } = verifyReceipt(receiptOf(), { network });
  expect(ok).toBe(true);
  const lottery = checks.find(({ name }) => name === "lottery");
  expect(lottery?.question).toMatch(/^Is each ticket the one that the payer bound himself to/);
  expect(lottery?.detail).toMatch(/^3 draws made again at 1 % .*: 0 tasks drawn, 0 audits answered$/);
  expect(notProven.join()).toContain("that the chain has the roots: read them yourself and give them by --root");
});
