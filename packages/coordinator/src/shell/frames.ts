// Gathers what the core wants to say to one worker in one turn into signed frames.
import { type Sealer, sealFrame } from "@starling/node-kit";
import {
  type Address,
  type CommitSetItem,
  type CoordinatorMessage,
  commitSetLeaf,
  framePieces,
  leaseBytes,
  leaseLeaf,
  plainItemBytes,
  ticketBytes,
  ticketLeaf,
  verdictLeaf,
  voucherDigest,
} from "@starling/protocol";
import type { CoordinatorEffect } from "../core/index.ts";

/** Effects that become frames on a worker's stream. */
export type SentEffect = Extract<
  CoordinatorEffect,
  {
    type:
      | "sendLeases"
      | "sendCommitSets"
      | "sendVerdicts"
      | "sendTickets"
      | "sendVoucher"
      | "sendRevokes"
      | "sendPledgeWanted"
      | "sendChallenge";
  }
>;

/** The frames in the order in which a worker has to see them: revocations free slots, sets before verdicts, leases last. */
export function framesOf(sealer: Sealer, worker: Address, entries: readonly SentEffect[]): CoordinatorMessage[] {
  const of = <T extends SentEffect["type"]>(type: T): Extract<SentEffect, { type: T }>[] =>
    entries.filter((entry): entry is Extract<SentEffect, { type: T }> => entry.type === type);
  const frames: CoordinatorMessage[] = [];
  const revokes = of("sendRevokes").flatMap((entry) => entry.leases);
  if (revokes.length > 0)
    frames.push({
      type: "revokes",
      leases: revokes.map(({ leaseId, reason }) => ({ leaseId: leaseId as `0x${string}`, reason })),
    });
  for (const items of framePieces(
    of("sendCommitSets").flatMap((entry) => entry.items),
    commitSetBytes,
  )) {
    frames.push({ type: "commitSets", items, signed: sealFrame(sealer, "commitSet", items.map(commitSetLeaf)) });
  }
  for (const items of framePieces(
    of("sendVerdicts").flatMap((entry) => entry.items),
    plainItemBytes,
  )) {
    frames.push({ type: "verdicts", items, signed: sealFrame(sealer, "verdict", items.map(verdictLeaf)) });
  }
  for (const { terms, items: opened } of of("sendTickets")) {
    for (const items of framePieces(opened, ticketBytes)) {
      const signed = sealFrame(
        sealer,
        "ticket",
        items.map((item) => ticketLeaf(terms, item)),
      );
      frames.push({ type: "tickets", terms, items, signed });
    }
  }
  // Vouchers are cumulative: of several for one escrow only the highest says anything.
  const highest = new Map<string, Extract<SentEffect, { type: "sendVoucher" }>>();
  for (const voucher of of("sendVoucher")) {
    const known = highest.get(voucher.escrowId);
    if (known === undefined || voucher.cumulative > known.cumulative) highest.set(voucher.escrowId, voucher);
  }
  for (const { escrowId, cumulative } of highest.values()) {
    const signature = sealer.sign(voucherDigest(sealer.domain, { escrowId, worker, cumulative }));
    frames.push({ type: "voucher", escrowId, cumulative, signature });
  }
  for (const { type, worker: _worker, ...wanted } of of("sendPledgeWanted")) {
    frames.push({ type: "pledgeWanted", ...wanted });
  }
  for (const { challenge, answerMs } of of("sendChallenge")) frames.push({ type: "challenge", challenge, answerMs });
  for (const items of framePieces(
    of("sendLeases").flatMap((entry) => entry.leases),
    leaseBytes,
  )) {
    frames.push({ type: "leases", items, signed: sealFrame(sealer, "lease", items.map(leaseLeaf)) });
  }
  return frames;
}

// A commitment is an address, a number and a hash; the set's own head is small.
function commitSetBytes(item: CommitSetItem): number {
  return SET_HEAD_BYTES + COMMITMENT_BYTES * item.commitments.length;
}

const SET_HEAD_BYTES = 128;
const COMMITMENT_BYTES = 96;
