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
} from "@starling/protocol";
import { expect, test } from "vitest";

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
