// Operators: what they pledged, what the court took of it, and for which signed answers.
import type { Address } from "@starling/protocol";
import { type AuditFindings, sidesOf } from "./findings.ts";
import type { BooksMoney, ChainOperator, EscrowSources, ReceiptMoney } from "./sources.ts";

/** Compares pledges and fines. */
export function compareOperators({ chain, books, receipts }: EscrowSources, findings: AuditFindings): void {
  if (books !== null) compareFines(books, receipts, findings);
  if (chain === null) return;
  const signed = signedFor(receipts);
  const operators = new Set([...chain.operators.keys(), ...(books?.pledges.keys() ?? [])]);
  for (const operator of [...operators].sort()) {
    const onChain = chain.operators.get(operator) ?? noPledge;
    comparePledge(operator, { onChain, books }, findings);
    findings.atMost({
      matter: "fined",
      subject: operator,
      sides: sidesOf(["chain", onChain.fined], ["receipts", signed.get(operator) ?? 0n]),
      why: "the court took more than the operator's workers signed for in answers that a receipt shows overruled: for two answers to one attempt, or in a job whose receipt is missing",
    });
  }
}

const noPledge: ChainOperator = { pledged: 0n, released: 0n, fined: 0n, account: 0n };

interface Standing {
  readonly onChain: ChainOperator;
  readonly books: BooksMoney | null;
}

function comparePledge(operator: Address, { onChain, books }: Standing, findings: AuditFindings): void {
  const { pledged, released, fined, account } = onChain;
  findings.same({
    matter: "pledged",
    subject: operator,
    sides: sidesOf(["chain", pledged - released - fined], ["chainAccount", account]),
    why: {
      more: "the registry has less than its events leave: the node of the chain hides a release or a fine, or makes up a pledge",
      less: "the registry has more than its events leave: the node of the chain hides a pledge, or makes up a release or a fine",
    },
  });
  if (books === null) return;
  findings.same({
    matter: "pledged",
    subject: operator,
    sides: sidesOf(["books", books.pledges.get(operator) ?? 0n], ["chainAccount", account]),
    why: {
      more: "the coordinator counts on a pledge that the chain does not have",
      less: "the chain has a larger pledge than the coordinator says",
    },
  });
}

// A fine is what the worker signed with its answer, which its receipt shows.
function compareFines(books: BooksMoney, receipts: readonly ReceiptMoney[], findings: AuditFindings): void {
  for (const [leaseId, fine] of books.fines) {
    const receipt = receipts.find(({ fines }) => fines.has(leaseId));
    findings.same({
      matter: "fineOwed",
      subject: leaseId,
      sides: sidesOf(["books", fine.amount], ["receipts", receipt?.fines.get(leaseId)?.amount ?? 0n]),
      why: {
        more:
          receipt === undefined
            ? "no receipt shows the answer for which the coordinator wants a fine"
            : "the coordinator wants a larger fine than the worker signed with its answer",
        less: "the coordinator wants a smaller fine than the worker signed with its answer",
      },
    });
    if (receipt !== undefined && !receipt.overruled.has(leaseId))
      findings.note(
        "fineOwed",
        leaseId,
        `the coordinator wants a fine for an answer of ${fine.worker} that the receipt accepts`,
      );
  }
}

function signedFor(receipts: readonly ReceiptMoney[]): ReadonlyMap<Address, bigint> {
  const signed = new Map<Address, bigint>();
  for (const { fines, overruled } of receipts)
    for (const leaseId of overruled) {
      const fine = fines.get(leaseId);
      const operator = fine?.operator ?? null;
      if (fine !== undefined && operator !== null) signed.set(operator, (signed.get(operator) ?? 0n) + fine.amount);
    }
  return signed;
}
