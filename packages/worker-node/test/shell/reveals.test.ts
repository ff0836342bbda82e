// Large outputs leave before the frames that name them, two at a time, and one that fails holds back no other.
import { silentLogger } from "@starling/node-kit";
import { keccakText, type LeaseId, type WorkerMessage } from "@starling/protocol";
import { expect, test } from "vitest";
import type { Reveal } from "../../src/core/index.ts";
import { type PerformerDeps, WorkerPerformer } from "../../src/shell/effect-performer.ts";

const coordinator = `0x${"0c".repeat(20)}` as const;
const escrowId = keccakText("escrow");

function reveal(name: string): Reveal {
  const digest = keccakText(name);
  const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 };
  const outputs = [{ name: "out", cid: `cid:${digest.slice(2)}` as const, size: 1_000_000 }];
  return { leaseId: digest, taskSpec: digest, attempt: 1, digest, salt: digest, outputs, usage };
}

/** A performer whose pushes end when the test says so. */
function performer(push: (cid: string) => Promise<void>): {
  readonly reveal: (items: readonly Reveal[]) => Promise<void>;
  readonly named: LeaseId[];
} {
  const named: LeaseId[] = [];
  const sent = async (_to: string, message: WorkerMessage): Promise<void> => {
    if (message.type === "reveals") named.push(...message.items.map(({ leaseId }) => leaseId));
  };
  const signature = `0x${"55".repeat(65)}` as const;
  const contract = `0x${"a1".repeat(20)}` as const;
  const deps = {
    links: { to: () => ({}), follow: () => undefined, send: sent },
    sealer: {
      domain: { chainId: 1, jobEscrow: contract, stakeRegistry: contract, court: contract },
      sign: () => signature,
      epoch: 1,
      nextSequence: () => 1,
    },
    blobsOf: () => ({ push: (cid: string) => push(cid) }),
    logger: silentLogger,
  } as unknown as PerformerDeps;
  const made = new WorkerPerformer(deps);
  const context = { signal: new AbortController().signal, feedback: () => undefined } as never;
  return {
    named,
    reveal: (items) => made.perform({ type: "sendReveals", coordinator, escrowId, fine: 0n, items }, context),
  };
}

test("two outputs are pushed at once, and each is named as soon as it has arrived", async () => {
  const waiting = new Map<string, () => void>();
  let most = 0;
  const { reveal: show, named } = performer((cid) => {
    const pushed = new Promise<void>((resolve) => waiting.set(cid, resolve));
    most = Math.max(most, waiting.size);
    return pushed.then(() => void waiting.delete(cid));
  });
  const items = ["a", "b", "c", "d"].map(reveal);
  const shown = show(items);
  for (const index of [1, 0, 2, 3]) {
    const item = items[index] as Reveal;
    const cid = item.outputs[0]?.cid ?? "";
    await expect.poll(() => waiting.has(cid)).toBe(true);
    waiting.get(cid)?.();
    await expect.poll(() => named.at(-1)).toBe(item.leaseId);
  }
  await shown;
  expect([most, named.length]).toEqual([2, 4]);
});
