// What must hold after every turn of a worker.
import { senderViolations } from "@starling/settlement";
import { devicesOf } from "./devices/pool.ts";
import type { WorkerState } from "./state.ts";

/** Every broken invariant in words; empty when all hold. */
export function violations(state: WorkerState): string[] {
  const broken: string[] = [...senderViolations(state.ledger.sender)];
  const { ledger, presence, config } = state;
  for (const [leaseId, held] of ledger.leases) {
    const answered = held.answer !== null;
    const shouldBe = held.state === "committed" || held.state === "revealed";
    if (answered !== shouldBe)
      broken.push(`lease ${leaseId} is ${held.state} ${answered ? "with" : "without"} an answer`);
    if (ledger.ended.has(leaseId)) broken.push(`lease ${leaseId} is both held and ended`);
    if (presence.pending.has(leaseId)) broken.push(`lease ${leaseId} is both held and pending`);
  }
  if (presence.running.size > config.slots) broken.push(`${presence.running.size} runs on ${config.slots} slots`);
  for (const leaseId of presence.running) {
    if (ledger.leases.get(leaseId)?.state !== "running")
      broken.push(`lease ${leaseId} runs but is not running in the ledger`);
  }
  for (const leaseId of presence.running) {
    const wanted = ledger.leases.get(leaseId)?.lease.gpu?.count ?? 0;
    const had = devicesOf(presence.devices, leaseId).length;
    if (had !== wanted) broken.push(`lease ${leaseId} runs with ${had} GPUs instead of ${wanted}`);
  }
  for (const [escrowId, voucher] of ledger.vouchers) {
    if (voucher.cumulative <= 0n) broken.push(`voucher of escrow ${escrowId} is not positive`);
  }
  for (const [escrowId, pledge] of ledger.pledges) {
    if (pledge.added > pledge.total) broken.push(`pledges to escrow ${escrowId} add more than their total`);
  }
  for (const escrowId of ledger.redemptions.keys())
    if (!ledger.vouchers.has(escrowId)) broken.push(`a redemption of escrow ${escrowId} without its voucher`);
  for (const [dutyId, { vote, intents }] of ledger.duties)
    if (vote === null && intents.size > 0) broken.push(`duty ${dutyId} sent a vote that was never cast`);
  return broken;
}
