// An audit for people: each escrow with its figures side by side, then every difference with its likely reason.
import { formatAmount } from "@starling/protocol";
import type { AuditDifference, AuditSide } from "@starling/sdk";
import type { AuditFigures } from "./audit-figures.ts";
import { table } from "./format.ts";

/** All escrows, and the verdict in one line. */
export function auditText(audits: readonly AuditFigures[]): string {
  const differences = audits.flatMap((one) => one.differences);
  const figures = audits.map(escrowText).join("\n");
  const found = differences.map((one) => differenceText(one)).join("");
  const verdict =
    audits.length === 0
      ? "there is no escrow to audit"
      : differences.length === 0
        ? `${counted(audits.length, "escrow")}: ${sourcesOf(audits)} agree to the last unit`
        : `${counted(differences.length, "difference")} in ${counted(audits.length, "escrow")}`;
  return `${figures}${figures === "" ? "" : "\n"}${found}${verdict}\n`;
}

// Without a chain nobody but the coordinator and the signed receipts has anything to say.
function sourcesOf(audits: readonly AuditFigures[]): string {
  const isOnChain = audits.some(({ deposited }) => deposited.chain !== null);
  return isOnChain ? "chain, coordinator and receipts" : "coordinator and receipts";
}

function escrowText(figures: AuditFigures): string {
  const { escrowId, state, blockNumber, head, workers, operators } = figures;
  const behind = blockNumber < head ? ` of ${head}` : "";
  const place = figures.deposited.chain === null ? "" : `, at block ${blockNumber}${behind}`;
  const title = `escrow ${escrowId}, ${state}${place}\n`;
  const perWorker = workers.map((one) => [
    one.worker,
    shown(one.earnedByReceipts),
    shown(one.earned),
    shown(one.vouched),
    shown(one.paid),
    shown(one.paidOnChain),
  ]);
  const perOperator = operators.map((one) => [
    one.operator,
    shown(one.pledgedOnChain),
    shown(one.finesCalledFor),
    shown(one.finedOnChain),
  ]);
  return [
    title,
    table(moneyRows(figures)),
    table([["WORKER", "EARNED BY RECEIPTS", "EARNED", "VOUCHED", "PAID", "PAID ON CHAIN"], ...perWorker]),
    // Most escrows know neither pledges nor fines.
    operators.length === 0 ? "" : table([["OPERATOR", "PLEDGED", "FINES CALLED FOR", "FINED"], ...perOperator]),
  ].join("");
}

function moneyRows({ deposited, earned, paid, refunded }: AuditFigures): readonly (readonly string[])[] {
  return [
    ["", "CHAIN", "COORDINATOR", "RECEIPTS"],
    ["put in", shown(deposited.chain), shown(deposited.coordinator), ""],
    ["earned", "", shown(earned.coordinator), shown(earned.receipts)],
    ["paid", shown(paid.chain), shown(paid.coordinator), ""],
    ["given back", shown(refunded.chain), shown(refunded.coordinator), ""],
  ];
}

/** One difference in two lines. */
function differenceText({ matter, subject, jobId, sides, amount, reason }: AuditDifference): string {
  const words = (value: bigint): string => (matter === "leases" ? String(value) : formatAmount(value));
  const figures = sides.map(({ source, amount: figure }) => `${sourceWords[source]} ${words(figure)}`).join(", ");
  const by =
    sides.length === 0 ? "" : `: ${figures}; ${words(amount < 0n ? -amount : amount)} ${amount < 0n ? "less" : "more"}`;
  const where = jobId === null || jobId === subject ? "" : ` in job ${jobId}`;
  return `DIFFERENCE  ${matterWords[matter]} of ${subject}${where}${by}\n            ${reason}\n`;
}

const sourceWords: Readonly<Record<AuditSide["source"], string>> = {
  chain: "the chain's events",
  chainAccount: "the contract's account",
  books: "the coordinator",
  leases: "its leases",
  receipts: "the receipts",
  voucher: "the voucher",
  jobs: "its job list",
};

const matterWords: Readonly<Record<AuditDifference["matter"], string>> = {
  earned: "pay earned",
  leases: "paid leases",
  vouched: "voucher",
  paid: "payment",
  allotted: "allotment",
  owed: "pay owed",
  deposited: "deposit",
  refunded: "refund",
  held: "money held",
  pledged: "pledge",
  fined: "fine taken",
  fineOwed: "fine called for",
  spent: "cost",
  receipt: "receipt",
  escrow: "escrow",
  books: "books",
};

function shown(amount: bigint | null): string {
  return amount === null ? "-" : formatAmount(amount);
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
