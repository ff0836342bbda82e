// A call of the court or of its jury pool as transaction data.
import { assertNever } from "@starling/kernel";
import type { CourtCall, Hex, Statement, TokenPermit } from "@starling/protocol";
import type { CallData } from "./calls.ts";
import type { Contracts } from "./contracts.ts";
import { permitTuple } from "./permit-tuple.ts";

/** Encodes a call for the court, or for the registry about a seat. `bond` lets the court collect the bond of an opening. */
export function courtCallData(contracts: Contracts, call: CourtCall, bond: TokenPermit | null): CallData {
  const { court, registry } = contracts;
  if (call.kind === "joinJury" || call.kind === "leaveJury")
    return { to: registry.address, data: registry.encode(call.kind, [call.worker]) };
  return { to: court.address, data: courtData(contracts, call, bond) };
}

function courtData(
  { court }: Contracts,
  call: Exclude<CourtCall, { readonly kind: "joinJury" | "leaveJury" }>,
  bond: TokenPermit | null,
): Hex {
  switch (call.kind) {
    case "openOnReceipt": {
      const { escrowId, taskSpec, statement } = call;
      return court.encode("openOnReceipt", [escrowId, taskSpec, statementTuple(statement), permitTuple(bond)]);
    }
    case "implicate":
      return court.encode("implicate", [call.disputeId, statementTuple(call.statement)]);
    case "draw":
      return court.encode("draw", [call.disputeId]);
    case "commitVote":
      return court.encode("commitVote", [call.disputeId, call.commitment]);
    case "revealVote":
      return court.encode("revealVote", [call.disputeId, call.digest, call.salt]);
    case "resolve":
      return court.encode("resolve", [call.disputeId]);
    case "withdrawCredit":
      return court.encode("withdrawCredit", [call.account]);
    case "slashEquivocation": {
      const { escrowId, taskSpec, one, other } = call;
      return court.encode("slashEquivocation", [escrowId, taskSpec, statementTuple(one), statementTuple(other)]);
    }
    default:
      return assertNever(call, "court call");
  }
}

function statementTuple({ attempt, index, ...statement }: Statement) {
  return { ...statement, attempt: BigInt(attempt), index: BigInt(index) };
}
