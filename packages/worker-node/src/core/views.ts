// Read models of a worker, for its status command and metrics.
import type { Address } from "@starling/protocol";
import { type ClaimView, claimsView } from "./claims/view.ts";
import { type CreditView, creditsView } from "./credits/view.ts";
import { isDiscrepancy, type TicketOutcome } from "./lifecycle/ticket-check.ts";
import { type Stance, stanceOf } from "./owner/hold.ts";
import type { WorkerState } from "./state.ts";

export interface WorkerStatus {
  /** What it does about work. */
  readonly stance: Stance;
  readonly coordinators: readonly { readonly coordinator: string; readonly epoch: number }[];
  readonly leases: readonly {
    readonly leaseId: string;
    readonly jobId: string;
    readonly index: number;
    readonly state: string;
    readonly endsBy: number;
  }[];
  readonly pending: number;
  readonly vouchers: readonly ClaimView[];
  readonly credits: readonly CreditView[];
  /** How each coordinator's audit lottery fell, as far as it opened it to us. */
  readonly lotteries: readonly LotteryStatus[];
}

/** What a coordinator's opened tickets showed. */
export interface LotteryStatus {
  readonly coordinator: string;
  /** Tickets that are what they have to be. */
  readonly inOrder: number;
  /** Of those: of results that were drawn, so that another operator was asked too. */
  readonly drawn: number;
  /** Of those: of answers that checked another's by the coordinator's word. Where they are many more than audits can be, it hides draws. */
  readonly checks: number;
  /** Tickets that are not, by what is wrong with them: see `TicketOutcome`. */
  readonly discrepancies: Readonly<Record<string, number>>;
  /** Kept sets whose ticket was not opened yet. */
  readonly unopened: number;
}

/** What anybody can redeem or withdraw for the worker, with the coordinators' signatures, and what the worker does about it. */
export interface HeldVouchers {
  readonly worker: Address;
  readonly vouchers: readonly ClaimView[];
  readonly credits: readonly CreditView[];
}

export function vouchersView(state: WorkerState): HeldVouchers {
  return { worker: state.config.worker, vouchers: claimsView(state), credits: creditsView(state) };
}

export function statusView(state: WorkerState): WorkerStatus {
  const { ledger, presence } = state;
  return {
    stance: stanceOf(state),
    coordinators: [...presence.connections].map(([coordinator, connection]) => ({
      coordinator,
      epoch: connection.epoch,
    })),
    leases: [...ledger.leases].map(([leaseId, held]) => ({
      leaseId,
      jobId: held.lease.jobId,
      index: held.lease.index,
      state: held.state,
      endsBy: held.endsBy,
    })),
    pending: presence.pending.size,
    vouchers: claimsView(state),
    credits: creditsView(state),
    lotteries: lotteriesOf(state),
  };
}

function lotteriesOf({ ledger }: WorkerState): readonly LotteryStatus[] {
  const unopened = new Map([...ledger.lotteries.keys()].map((coordinator) => [coordinator, 0]));
  for (const { coordinator, opened } of ledger.shown.values())
    unopened.set(coordinator, (unopened.get(coordinator) ?? 0) + (opened === true ? 0 : 1));
  return [...unopened].map(([coordinator, waiting]) => {
    const { counts: byOutcome = {}, drawn = 0 } = ledger.lotteries.get(coordinator) ?? {};
    const counts = Object.entries(byOutcome) as [TicketOutcome, number][];
    const wrong = counts.filter(([outcome]) => isDiscrepancy(outcome));
    const right = counts.filter(([outcome]) => !isDiscrepancy(outcome));
    return {
      coordinator,
      inOrder: right.reduce((sum, [, count]) => sum + count, 0),
      drawn,
      checks: byOutcome.notFirst ?? 0,
      discrepancies: Object.fromEntries(wrong),
      unopened: waiting,
    };
  });
}

/** The leases that this worker still holds of a coordinator, for its hello. */
export function holdingOf(
  state: WorkerState,
  coordinator: string | null,
): { leaseId: `0x${string}`; attempt: number }[] {
  const holding = [];
  for (const [leaseId, held] of state.ledger.leases) {
    if (coordinator === null || held.coordinator === coordinator)
      holding.push({ leaseId, attempt: held.lease.attempt });
  }
  return holding;
}
