// A verified receipt as people read it: each question with its answer, what is not proven, and one worker's part in it.
import { formatAmount, type ReceiptVerdict, type Standoff, type WorkerAnswer } from "@starling/protocol";
import { table } from "./format.ts";

const outcomes = { ok: "ok", skipped: "skipped", warning: "WARNING", failed: "FAILED" } as const;

/** All checks, then what no receipt proves, then the verdict in one line. */
export function verdictText({ ok, checks, notProven, standoffs }: ReceiptVerdict): string {
  const rows = checks.flatMap(({ outcome, name, question, detail }) => [
    [outcomes[outcome], name, question],
    ["", "", detail],
  ]);
  const onlyWarned = !ok && checks.every(({ outcome }) => outcome !== "failed");
  const verdict = ok
    ? "the receipt holds"
    : onlyWarned
      ? "the receipt does NOT hold in full: what is missing stands at the warnings"
      : "the receipt does NOT hold";
  const open = ok ? `It does not prove\n${notProven.map((claim) => `  - ${claim}\n`).join("")}` : "";
  return `${table(rows)}${standoffs.map(standoffText).join("")}${open}${verdict}\n`;
}

function standoffText({ task, outcome, outputs, answers }: Standoff): string {
  const kinds = [...new Set(answers.map(({ digest }) => digest))];
  const rows = answers.map(({ worker, operator, digest }) => [
    `  answer ${kinds.indexOf(digest) + 1} of ${kinds.length}`,
    digest,
    `by ${worker}`,
    operator === null ? "" : `of ${operator}`,
  ]);
  return `${task} is ${outcome}: its answers differ in ${outputs.join(", ")}\n${table(rows)}`;
}

/** What the receipt says of one worker. */
export function answersText(answers: readonly WorkerAnswer[]): string {
  if (answers.length === 0) return "The receipt says nothing of this worker.\n";
  const rows = answers.map((answer) => [
    answer.task,
    String(answer.attempt),
    answer.role,
    answer.outcome,
    formatAmount(answer.paid),
    answer.fine === null ? "" : formatAmount(answer.fine),
    answer.audit === null ? "work" : `audit (${answer.audit})`,
    answer.drawn === null ? "not opened" : answer.drawn ? "drawn" : "not drawn",
    answer.auditedFor.length === 0 ? "no" : `yes (${answer.auditedFor.join(", ")})`,
    answer.ticket ?? "",
  ]);
  const titles = ["TASK", "ATTEMPT", "ROLE", "OUTCOME", "PAID", "FINE", "ASKED AS", "LOT", "AUDITED", "TICKET"];
  return `${table([titles, ...rows])}`;
}
