// Whether to take a lease, wait for its allotment, or decline it with a reason.
import type { Address, DeclineReason, LeaseItem } from "@starling/protocol";
import { creditWanted, exposure, unfinished, workingClasses } from "./capacity.ts";
import { canEverFit } from "./devices/pool.ts";
import { takesWork } from "./owner/hold.ts";
import { isOpen } from "./owner/hours.ts";
import { refusalOf } from "./owner/rules.ts";
import type { WorkerState } from "./state.ts";

export type Admission =
  | { readonly kind: "take" }
  /** The chain has to be asked for the allotment first. */
  | { readonly kind: "wait" }
  | { readonly kind: "decline"; readonly reason: DeclineReason; readonly message: string };

const decline = (reason: DeclineReason, message: string): Admission => ({ kind: "decline", reason, message });

/** A lease and who gave it. */
interface GivenLease {
  readonly lease: LeaseItem;
  readonly coordinator: Address;
}

/** Judges one lease against capacity, class, price and what the chain has confirmed. */
export function admit(state: WorkerState, given: GivenLease, now: number): Admission {
  const { lease } = given;
  const { config, ledger } = state;
  if (!takesWork(state)) return declineAll(state);
  if (ledger.ended.has(lease.leaseId))
    return decline("badLease", "this lease has ended here and is not answered twice");
  if (!workingClasses(state).includes(lease.task.runtimeClass))
    return decline("classMissing", `class ${lease.task.runtimeClass} does not run here`);
  if (lease.gpu !== undefined && !canEverFit(state.presence.devices, lease.gpu))
    return decline("needsUnmet", "the GPUs that it needs are not here, or are withdrawn");
  const refusal = refusalOf(config.rules, lease);
  if (refusal !== null) return { kind: "decline", ...refusal };
  const isCheap = lease.price < config.pricePerTask;
  if (isCheap && lease.payer !== config.operator) {
    return decline("priceTooLow", `asked ${config.pricePerTask}, offered ${lease.price} base units`);
  }
  // What it signs names the fine, so the owner's limit holds here and not only where stake is pledged.
  const { pledgePerEscrow } = config.policy;
  if (lease.fine > pledgePerEscrow)
    return decline("fineTooHigh", `a wrong result would cost ${lease.fine}, the owner's limit is ${pledgePerEscrow}`);
  // Twice the credit: leases and an ask may cross on the wire, and what was sent in good faith is taken.
  if (unfinished(state) >= 2 * creditWanted(state) + config.slots) return decline("noCapacity", "all slots are taken");
  const owned: Admission = isCheap ? admitOwnPayer(state, given) : { kind: "take" };
  return lease.price === 0n || owned.kind !== "take" ? owned : admitMoney(state, given, now);
}

function declineAll(state: WorkerState): Admission {
  return isOpen(state)
    ? decline("draining", "this worker takes no more work")
    : decline("outOfHours", "these are not the hours in which the owner lends this machine");
}

// Cheap work is for the worker's own operator, and that he is the payer only the chain can say: anybody may claim it.
function admitOwnPayer(state: WorkerState, { lease, coordinator }: GivenLease): Admission {
  if (state.config.chainless === true) return { kind: "take" };
  const escrow = state.presence.allotments.get(lease.escrowId);
  if (escrow === undefined) return { kind: "wait" };
  return escrow.payer === state.config.operator && escrow.coordinator === coordinator
    ? { kind: "take" }
    : decline("badLease", "the escrow is not that of this worker's operator");
}

// A worker protects itself: no start without a confirmed allotment that covers it, none beyond its credit limit.
function admitMoney(state: WorkerState, { lease, coordinator }: GivenLease, now: number): Admission {
  const { config, presence, ledger } = state;
  const exposed = exposure(state, lease.escrowId) + lease.price;
  if (exposed > config.policy.creditLimit)
    return decline(
      "creditLimit",
      `unvouchered work of ${exposed} base units is above the limit ${config.policy.creditLimit}`,
    );
  // Whoever works in a fleet trusts its owner to pay; the credit limit above holds all the same.
  if (config.chainless === true) return { kind: "take" };
  const allotment = presence.allotments.get(lease.escrowId);
  if (allotment !== undefined && allotment.coordinator !== coordinator)
    return decline("badLease", "the escrow is that of another coordinator, who would never pay for this");
  const vouchered = ledger.vouchers.get(lease.escrowId)?.cumulative ?? 0n;
  const covered =
    allotment !== undefined && allotment.expiresAt > now + lease.leaseMs && vouchered + exposed <= allotment.allotted;
  return covered ? { kind: "take" } : { kind: "wait" };
}
