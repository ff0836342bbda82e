// Pledges between their plain form and the wire.
import type * as wire from "../generated/starling/v1/work.ts";
import { fromHex } from "../hex.ts";
import type { PledgeOrder, SignedPledgeOrder } from "../pledge.ts";
import { readAddress, readAmount, readHash, readInteger, readSignature } from "./read.ts";

/** What a coordinator asks for: the worker knows its operator. */
export type WantedPledge = Omit<PledgeOrder, "operator">;

/** Writes what a coordinator asks for. */
export function pledgeWantedToWire(wanted: WantedPledge): wire.PledgeWanted {
  return {
    escrowId: fromHex(wanted.escrowId),
    total: String(wanted.total),
    releaseBySeconds: BigInt(wanted.releaseBySeconds),
    deadlineSeconds: BigInt(wanted.deadlineSeconds),
  };
}

/** Reads what a coordinator asks for; throws `WireError`. */
export function pledgeWantedFromWire(found: wire.PledgeWanted): WantedPledge {
  return {
    escrowId: readHash(found.escrowId, "escrowId"),
    total: readAmount(found.total, "total"),
    releaseBySeconds: readInteger(found.releaseBySeconds, "releaseBySeconds"),
    deadlineSeconds: readInteger(found.deadlineSeconds, "deadlineSeconds"),
  };
}

/** Writes a signed pledge. */
export function pledgeToWire({ order, signature }: SignedPledgeOrder): wire.Pledge {
  return { ...pledgeWantedToWire(order), operator: fromHex(order.operator), signature: fromHex(signature) };
}

/** Reads a signed pledge; throws `WireError`. */
export function pledgeFromWire(found: wire.Pledge): SignedPledgeOrder {
  return {
    order: { ...pledgeWantedFromWire(found), operator: readAddress(found.operator, "operator") },
    signature: readSignature(found.signature, "signature"),
  };
}
