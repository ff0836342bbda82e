// The escrow as a whole: what the payer put in, what he got back, and what is left, in every account of it.
import type { Pay } from "./compare-jobs.ts";
import { type AuditFindings, sidesOf } from "./findings.ts";
import type { BooksMoney, ChainMoney, EscrowSources } from "./sources.ts";

/** Compares the sums. */
export function compareTotals({ escrowId, chain, books }: EscrowSources, pay: Pay, findings: AuditFindings): void {
  if (chain !== null) compareAccount(escrowId, chain, findings);
  if (books === null) return;
  if (!books.isBalanced) findings.note("books", escrowId, "the coordinator itself says that its books do not balance");
  compareOwed(escrowId, { books, chain, pay }, findings);
  if (chain === null) return;
  compareBooks(escrowId, { books, chain }, findings);
  if (chain.payer !== null && chain.payer !== books.payer)
    findings.note(
      "escrow",
      escrowId,
      `the coordinator says that ${books.payer} paid it in, and the chain ${chain.payer}`,
    );
  if ((books.state === "closed") !== chain.isClosed)
    findings.note(
      "escrow",
      escrowId,
      `the coordinator says that it is ${books.state}, and on chain it is ${chain.isClosed ? "closed" : "not closed"}`,
    );
}

const hidden = {
  more: "the contract holds less than its events add up to: the node of the chain makes up events",
  less: "the contract holds more than its events add up to: the node of the chain leaves out events",
};

// Whatever came in was paid out, went back, or is still there.
function compareAccount(escrowId: string, { account, workers, ...chain }: ChainMoney, findings: AuditFindings): void {
  const { paid, allotted } = onChain(workers);
  const about = { subject: escrowId, why: hidden };
  findings.same({
    ...about,
    matter: "held",
    sides: sidesOf(["chain", chain.deposited - chain.refunded], ["chainAccount", account.budget]),
  });
  findings.same({ ...about, matter: "paid", sides: sidesOf(["chain", paid], ["chainAccount", account.claimed]) });
  // The end of an escrow frees what was set aside and not claimed, without an event for each worker.
  const left = chain.isClosed ? paid : allotted;
  findings.same({ ...about, matter: "allotted", sides: sidesOf(["chain", left], ["chainAccount", account.allotted]) });
}

function compareBooks(
  escrowId: string,
  { books, chain }: { readonly books: BooksMoney; readonly chain: ChainMoney },
  findings: AuditFindings,
): void {
  const { paid, allotted } = onChain(chain.workers);
  const rows = [
    ["deposited", books.deposited, chain.deposited, "put in", "the payer's money is missing in the books"],
    ["refunded", books.refunded, chain.refunded, "given back", "the books hide a refund"],
    ["paid", books.paid, paid, "paid to workers", "the books hide a payment"],
    ["allotted", books.allotted, allotted, "set aside for workers", "the books leave out an allotment"],
  ] as const;
  for (const [matter, inBooks, amount, words, less] of rows)
    findings.same({
      matter,
      subject: escrowId,
      sides: sidesOf(["books", inBooks], ["chain", amount]),
      why: { more: `the coordinator says that more was ${words} than the chain shows`, less },
    });
}

// By the leases and the chain, and not by other figures of the books, so that one false figure is one difference.
function compareOwed(
  escrowId: string,
  { books, chain, pay }: { readonly books: BooksMoney; readonly chain: ChainMoney | null; readonly pay: Pay },
  findings: AuditFindings,
): void {
  const earned = [...pay.byLeases.values()].reduce((sum, amount) => sum + amount, 0n);
  const paid = chain === null ? books.paid : onChain(chain.workers).paid;
  findings.same({
    matter: "owed",
    subject: escrowId,
    sides: sidesOf(["books", books.owed], ["leases", earned - paid]),
    why: {
      more: "the coordinator says that it owes more than the leases that it settled, less what was paid",
      less: "the coordinator says that it owes less than the leases that it settled, less what was paid",
    },
  });
}

function onChain(workers: ChainMoney["workers"]): { readonly paid: bigint; readonly allotted: bigint } {
  let [paid, allotted] = [0n, 0n];
  for (const worker of workers.values()) {
    paid += worker.paid;
    allotted += worker.allotted;
  }
  return { paid, allotted };
}
