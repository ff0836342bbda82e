// Gathers what the core wants to say to one coordinator in one turn into signed frames.
import { type Sealer, sealFrame, sealReceipt } from "@starling/node-kit";
import {
  type Address,
  acceptLeaf,
  commitLeaf,
  type EscrowId,
  failureBytes,
  framePieces,
  plainItemBytes,
  pledgeOrderDigest,
  type RevealItem,
  revealBytes,
  revealLeaf,
  type WorkerMessage,
} from "@starling/protocol";
import type { WorkerEffect } from "../core/index.ts";

/** Reveals with the bytes of their small outputs. */
export interface FilledReveals {
  readonly type: "sendReveals";
  readonly coordinator: Address;
  readonly escrowId: EscrowId;
  readonly fine: bigint;
  readonly items: readonly RevealItem[];
}

/** Effects that become frames. */
export type SentEffect =
  | Extract<
      WorkerEffect,
      {
        type:
          | "sendAsk"
          | "sendAccepts"
          | "sendDeclines"
          | "sendBeat"
          | "sendCheckpoints"
          | "sendCommits"
          | "sendFailures"
          | "sendPledge"
          | "sendTicketsWanted"
          | "sendMeasured"
          | "sendChallengeAnswer";
      }
    >
  | FilledReveals;

/** The frames in the order in which a coordinator has to see them: what ends leases first, the ask for more last. */
export function framesOf(sealer: Sealer, entries: readonly SentEffect[]): readonly WorkerMessage[] {
  const of = <T extends SentEffect["type"]>(type: T): Extract<SentEffect, { type: T }>[] =>
    entries.filter((entry): entry is Extract<SentEffect, { type: T }> => entry.type === type);
  const frames: WorkerMessage[] = [];
  const declined = of("sendDeclines").flatMap((entry) => entry.leases);
  for (const leases of framePieces(declined, plainItemBytes)) frames.push({ type: "declines", leases });
  const taken = of("sendAccepts").flatMap((entry) => entry.leases);
  for (const leases of framePieces(taken, () => ITEM_BYTES))
    frames.push({ type: "accepts", leases, signed: sealFrame(sealer, "accept", leases.map(acceptLeaf)) });
  const commits = of("sendCommits").flatMap((entry) => entry.items);
  for (const items of framePieces(commits, () => ITEM_BYTES))
    frames.push({ type: "commits", items, signed: sealFrame(sealer, "commit", items.map(commitLeaf)) });
  frames.push(...revealFrames(sealer, of("sendReveals")));
  const failures = of("sendFailures").flatMap((entry) => entry.items);
  for (const items of framePieces(failures, failureBytes)) frames.push({ type: "failures", items });
  for (const { order } of of("sendPledge"))
    frames.push({ type: "pledge", order, signature: sealer.sign(pledgeOrderDigest(sealer.domain, order)) });
  for (const { tasks } of of("sendTicketsWanted")) frames.push({ type: "ticketsWanted", tasks });
  for (const { seed, product } of of("sendChallengeAnswer")) frames.push({ type: "challengeAnswer", seed, product });
  const measured = of("sendMeasured").at(-1);
  if (measured !== undefined) frames.push({ type: "measured", measured: measured.measured });
  for (const { lease } of of("sendCheckpoints")) frames.push({ type: "beat", leases: [lease] });
  // Of beats and asks only the newest says anything.
  const beat = of("sendBeat").at(-1);
  if (beat !== undefined) frames.push({ type: "beat", leases: beat.leases });
  const ask = of("sendAsk").at(-1);
  if (ask !== undefined) {
    const { freeSlots, classes, hold } = ask;
    frames.push({ type: "ask", freeSlots, classes, ...(hold === undefined ? {} : { hold }) });
  }
  return frames;
}

const ITEM_BYTES = 512;

// One signature names one escrow and one fine.
function revealFrames(sealer: Sealer, reveals: readonly FilledReveals[]): WorkerMessage[] {
  const groups = new Map<
    string,
    { readonly escrowId: EscrowId; readonly fine: bigint; readonly items: RevealItem[] }
  >();
  for (const { escrowId, fine, items } of reveals) {
    const key = `${escrowId} ${fine}`;
    const group = groups.get(key) ?? { escrowId, fine, items: [] };
    group.items.push(...items);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ escrowId, fine, items }) =>
    framePieces(items, revealBytes).map((piece): WorkerMessage => {
      const signed = sealReceipt(sealer, { escrowId, fine, leaves: piece.map(revealLeaf) });
      return { type: "reveals", escrowId, fine, items: piece, signed };
    }),
  );
}
