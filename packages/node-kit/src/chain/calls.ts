// A chain call as transaction data: which contract, which function, which bytes.
import { assertNever } from "@starling/kernel";
import type { Address, ChainCall, Hex, JobOrder, SettlementCall, TokenPermit } from "@starling/protocol";
import type { Contracts } from "./contracts.ts";
import { courtCallData } from "./court-calls.ts";
import { permitTuple } from "./permit-tuple.ts";

/** Where a transaction goes and what it says. No call of ours carries ether. */
export interface CallData {
  readonly to: Address;
  readonly data: Hex;
}

/** Encodes a call for the contracts. `bond` lets the court collect the bond of an opening; other calls have no use for it. */
export function callData(contracts: Contracts, call: ChainCall, bond: TokenPermit | null = null): CallData {
  const { escrow, registry, token } = contracts;
  switch (call.kind) {
    case "register":
    case "setPledgeAllowance":
    case "setPledgeAllowanceFor":
    case "pledge":
    case "pledgeFor":
    case "releasePledge":
      return { to: registry.address, data: registryData(contracts, call) };
    case "approveBonds":
      return { to: token.address, data: token.encode("approve", [escrow.address, call.amount]) };
    case "createEscrowFor":
    case "topUpFor":
    case "allot":
    case "commit":
    case "payBatch":
    case "redeem":
    case "release":
    case "reclaim":
    case "refund":
    case "close":
    case "withdrawEscrowCredit":
      return { to: escrow.address, data: escrowData(contracts, call) };
    default:
      return courtCallData(contracts, call, bond);
  }
}

type RegistryCall = Extract<
  ChainCall,
  {
    readonly kind:
      | "register"
      | "setPledgeAllowance"
      | "setPledgeAllowanceFor"
      | "pledge"
      | "pledgeFor"
      | "releasePledge";
  }
>;
type EscrowCall = Exclude<SettlementCall, RegistryCall | { readonly kind: "approveBonds" }>;

function registryData({ registry }: Contracts, call: RegistryCall): Hex {
  switch (call.kind) {
    case "register": {
      const { operator, worker, peerIdHash, seq, stake, operatorSignature } = call;
      return registry.encode("register", [operator, worker, peerIdHash, BigInt(seq), stake, operatorSignature]);
    }
    case "setPledgeAllowance":
      return registry.encode("setPledgeAllowance", [call.worker, call.allowance]);
    case "setPledgeAllowanceFor": {
      const { worker, allowance, seq, operatorSignature } = call;
      return registry.encode("setPledgeAllowanceFor", [{ worker, allowance, seq: BigInt(seq) }, operatorSignature]);
    }
    case "pledgeFor": {
      const { escrowId, operator, total, releaseBySeconds, deadlineSeconds } = call.order;
      const times = { releaseBy: BigInt(releaseBySeconds), deadline: BigInt(deadlineSeconds) };
      return registry.encode("pledgeFor", [{ escrowId, operator, total, ...times }, call.signature]);
    }
    case "pledge":
      return registry.encode("pledge", [call.escrowId, call.operator, call.amount]);
    case "releasePledge":
      return registry.encode("releasePledge", [call.escrowId, call.operator]);
    default:
      return assertNever(call, "registry call");
  }
}

function escrowData({ escrow }: Contracts, call: EscrowCall): Hex {
  switch (call.kind) {
    case "createEscrowFor":
      return escrow.encode("createEscrowFor", [orderTuple(call.order), call.orderSignature, permitTuple(call.permit)]);
    case "topUpFor": {
      const order = orderTuple(call.order);
      return escrow.encode("topUpFor", [call.escrowId, order, call.orderSignature, permitTuple(call.permit)]);
    }
    case "allot": {
      const allotments = call.allotments.map(({ worker, total, expiresAtSeconds }) => ({
        worker,
        amount: total,
        expiresAt: BigInt(expiresAtSeconds),
      }));
      return escrow.encode("allot", [call.escrowId, allotments]);
    }
    case "commit":
      return escrow.encode("commit", [call.escrowId, BigInt(call.batch), call.root, BigInt(call.count), call.last]);
    case "payBatch":
      return escrow.encode("payBatch", [call.escrowId, call.payments]);
    case "redeem":
      return escrow.encode("redeem", [call.escrowId, call.worker, call.cumulative, call.signature]);
    case "release":
      return escrow.encode("release", [call.escrowId]);
    case "reclaim":
      return escrow.encode("reclaim", [call.escrowId, call.workers]);
    case "refund":
      return escrow.encode("refund", [call.escrowId]);
    case "close":
      return escrow.encode("close", [call.escrowId]);
    case "withdrawEscrowCredit":
      return escrow.encode("withdrawCredit", [call.account]);
    default:
      return assertNever(call, "escrow call");
  }
}

function orderTuple(order: JobOrder) {
  return { ...order, deadline: BigInt(order.deadline) };
}
