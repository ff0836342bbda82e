// A chain call as transaction data: which contract, which function, which bytes.
import { assertNever } from "@starling/kernel";
import { type Address, type ChainCall, type Hex, type JobOrder, type TokenPermit, zeroHash } from "@starling/protocol";
import type { Contracts } from "./contracts.ts";

/** Where a transaction goes and what it says. No call of ours carries ether. */
export interface CallData {
  readonly to: Address;
  readonly data: Hex;
}

/** Encodes a call for the contracts. */
export function callData(contracts: Contracts, call: ChainCall): CallData {
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
    default:
      return { to: escrow.address, data: escrowData(contracts, call) };
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
type EscrowCall = Exclude<ChainCall, RegistryCall | { readonly kind: "approveBonds" }>;

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
    default:
      return assertNever(call, "escrow call");
  }
}

function orderTuple(order: JobOrder) {
  return { ...order, deadline: BigInt(order.deadline) };
}

// The contract reads deadline 0 as "no permit": the allowance must stand already.
function permitTuple(permit: TokenPermit | null) {
  if (permit === null) return { value: 0n, deadline: 0n, v: 0n, r: zeroHash, s: zeroHash };
  const { value, deadline, signature } = permit;
  const r: Hex = `0x${signature.slice(2, 66)}`;
  const s: Hex = `0x${signature.slice(66, 130)}`;
  return { value, deadline: BigInt(deadline), v: BigInt(`0x${signature.slice(130)}`), r, s };
}
