// Frames of one turn: signed so that a coordinator believes them, and in the order in which it needs them.
import { createSealer, recover, type Sealer } from "@starling/node-kit";
import { checkWorkerMessage, keccakText, type RevealItem, resultDigest } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { framesOf, type SentEffect } from "../../src/shell/frames.ts";
import { domain, newWallet } from "./support.ts";

const wallet = newWallet();
const coordinator = newWallet().address;
const sealer = (): Sealer => createSealer({ domain, sign: wallet.sign, epoch: 3 });
const id = (name: string) => keccakText(name);
const outputs = [{ name: "out", cid: `cid:${"1".repeat(64)}`, size: 3 }] as const;

function reveal(name: string, bytes = 3): RevealItem {
  return {
    leaseId: id(`lease ${name}`),
    taskSpec: id(`task ${name}`),
    attempt: 1,
    digest: resultDigest(outputs),
    salt: id("salt"),
    outputs,
    inline: [{ cid: outputs[0].cid, bytes: new Uint8Array(bytes) }],
    usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
  };
}

const reveals = (items: readonly RevealItem[], fine = 5n): SentEffect => ({
  type: "sendReveals",
  coordinator,
  escrowId: id("escrow"),
  fine,
  items,
});
const accepts = (name: string): SentEffect => ({
  type: "sendAccepts",
  coordinator,
  leases: [{ leaseId: id(name), attempt: 1 }],
});

describe("frames of a turn", () => {
  test("gather items of one kind under one signature that holds", () => {
    const frames = framesOf(sealer(), [
      accepts("a"),
      {
        type: "sendCommits",
        coordinator,
        items: [{ leaseId: id("c"), taskSpec: id("t"), attempt: 1, commitment: id("x") }],
      },
      accepts("b"),
      reveals([reveal("r")]),
      reveals([reveal("s")]),
    ]);
    expect(frames.map(({ type }) => type)).toEqual(["accepts", "commits", "reveals"]);
    expect(frames[0]).toMatchObject({
      leases: [{ leaseId: id("a") }, { leaseId: id("b") }],
      signed: { epoch: 3, sequence: 1 },
    });
    expect(frames[2]).toMatchObject({ items: [{ leaseId: id("lease r") }, { leaseId: id("lease s") }] });
    for (const frame of frames) expect(checkWorkerMessage(frame, wallet.address, { domain, recover })).toBeNull();
  });

  test("never mix fines, since the signature names one", () => {
    const frames = framesOf(sealer(), [reveals([reveal("r")], 5n), reveals([reveal("s")], 6n)]);
    expect(frames).toMatchObject([
      { type: "reveals", fine: 5n },
      { type: "reveals", fine: 6n },
    ]);
  });

  test("are cut where they would outgrow the wire", () => {
    const large = Array.from({ length: 40 }, (_, i) => reveal(`${i}`, 60_000));
    const frames = framesOf(sealer(), [reveals(large)]);
    expect(frames.length).toBeGreaterThan(2);
    expect(frames.flatMap((frame) => (frame.type === "reveals" ? frame.items : []))).toHaveLength(40);
  });

  test("say only the newest beat and ask, and the ask last", () => {
    const frames = framesOf(sealer(), [
      { type: "sendAsk", coordinator, freeSlots: 4, classes: ["wasm"] },
      { type: "sendBeat", coordinator, leases: [] },
      { type: "sendAsk", coordinator, freeSlots: 3, classes: ["wasm"] },
      { type: "sendDeclines", coordinator, leases: [{ leaseId: id("d"), reason: "draining", message: "" }] },
    ]);
    expect(frames.map(({ type }) => type)).toEqual(["declines", "beat", "ask"]);
    expect(frames.at(-1)).toMatchObject({ freeSlots: 3 });
  });
});
