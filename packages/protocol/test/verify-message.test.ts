// What is checked of a message before a core sees it, and the evidence that is kept of it.
import {
  attachEvidence,
  batchReceiptDigest,
  type CoordinatorMessage,
  checkCoordinatorMessage,
  checkEvidence,
  checkOffer,
  checkWorkerMessage,
  decodeCoordinatorMessage,
  encodeCoordinatorMessage,
  type FrameKind,
  type FrameSignature,
  frameDigest,
  isInFrame,
  isReceiptSignedBy,
  jobOrderDigest,
  keccakText,
  type LeaseItem,
  leavesOf,
  merkleRoot,
  offerDigest,
  offerHash,
  pledgeOrderDigest,
  type RevealItem,
  resultDigest,
  type SignedMessage,
  type SignedTaskOffer,
  type TaskProgram,
  type TicketTerms,
  taggedDigest,
  taskSpecHash,
  ticketLeaf,
  voucherDigest,
  type WorkerMessage,
  zeroHash,
} from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { type Account, account, domain, recover } from "./keys.ts";

const worker = account("worker");
const coordinator = account("coordinator");
const stranger = account("stranger");
const context = { domain, recover };
const parties = { coordinator: coordinator.address, worker: worker.address };
const unsigned: FrameSignature = { root: zeroHash, count: 0, epoch: 4, sequence: 9, signature: `0x${"0".repeat(130)}` };

/** The message with the signature of a frame over its items. */
function sign<M extends SignedMessage>(message: M, kind: FrameKind, signer: Account): M {
  const leaves = leavesOf(message);
  const root = merkleRoot(leaves);
  const frame = { kind, root, count: leaves.length, epoch: unsigned.epoch, sequence: unsigned.sequence };
  return {
    ...message,
    signed: { ...unsigned, root, count: leaves.length, signature: signer.sign(frameDigest(domain, frame)) },
  };
}

const commits = sign(
  {
    type: "commits",
    items: [1, 2, 3].map((n) => ({
      leaseId: keccakText(`lease ${n}`),
      taskSpec: keccakText(`task ${n}`),
      attempt: n,
      commitment: keccakText(`c ${n}`),
    })),
    signed: unsigned,
  } as Extract<WorkerMessage, { type: "commits" }>,
  "commit",
  worker,
);

const outputs = [{ name: "score", cid: `cid:${"1".repeat(64)}`, size: 3 }] as const;
const reveal: RevealItem = {
  leaseId: keccakText("lease"),
  taskSpec: keccakText("task"),
  attempt: 1,
  digest: resultDigest(outputs),
  salt: keccakText("salt"),
  outputs,
  inline: [{ cid: outputs[0].cid, bytes: Uint8Array.of(1, 2, 3) }],
  usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
};

type Reveals = Extract<WorkerMessage, { type: "reveals" }>;

function signReveals(items: readonly RevealItem[], fine = 7n): Reveals {
  const message: Reveals = { type: "reveals", escrowId: keccakText("escrow"), fine, items, signed: unsigned };
  const root = merkleRoot(leavesOf(message));
  const digest = batchReceiptDigest(domain, { escrowId: message.escrowId, resultsRoot: root, fine });
  return { ...message, signed: { ...unsigned, root, count: items.length, signature: worker.sign(digest) } };
}

describe("a worker's message", () => {
  test("holds when its own account signed all of it", () => {
    expect(checkWorkerMessage(commits, worker.address, context)).toBeNull();
    expect(checkWorkerMessage(signReveals([reveal]), worker.address, context)).toBeNull();
    expect(checkWorkerMessage({ type: "bye", reason: "x" }, worker.address, context)).toBeNull();
  });

  test("pledges what the worker itself signed, and no more", () => {
    const order = {
      escrowId: keccakText("escrow"),
      operator: stranger.address,
      total: 5n,
      releaseBySeconds: 200,
      deadlineSeconds: 100,
    };
    const pledge = { type: "pledge" as const, order, signature: worker.sign(pledgeOrderDigest(domain, order)) };
    expect(checkWorkerMessage(pledge, worker.address, context)).toBeNull();
    expect(checkWorkerMessage(pledge, stranger.address, context)).toContain("not signed by the worker");
    for (const changed of [
      { total: 6n },
      { operator: worker.address },
      { releaseBySeconds: 201 },
      { deadlineSeconds: 101 },
    ]) {
      const other = { ...pledge, order: { ...order, ...changed } };
      expect(checkWorkerMessage(other, worker.address, context)).toContain("not signed by the worker");
    }
  });

  test("does not hold when somebody else signed it, or an item was changed, or the kind", () => {
    expect(checkWorkerMessage(commits, stranger.address, context)).toContain("not signed by");
    const [first, ...rest] = commits.items;
    if (first === undefined) throw new Error("no item");
    expect(
      checkWorkerMessage({ ...commits, items: [{ ...first, attempt: 9 }, ...rest] }, worker.address, context),
    ).toContain("root");
    expect(checkWorkerMessage({ ...commits, items: [...rest, first] }, worker.address, context)).toContain("root");
    expect(
      checkWorkerMessage({ ...commits, signed: { ...commits.signed, epoch: 5 } }, worker.address, context),
    ).toContain("not signed by");
    expect(
      checkWorkerMessage({ ...commits, signed: { ...commits.signed, sequence: 5 } }, worker.address, context),
    ).toContain("not signed by");
    const asAccept = sign({ ...commits }, "accept", worker);
    expect(checkWorkerMessage(asAccept, worker.address, context)).toContain("not signed by");
  });

  test("with reveals names the fine, and every digest is that of its outputs", () => {
    const good = signReveals([reveal]);
    expect(checkWorkerMessage({ ...good, fine: 8n }, worker.address, context)).toContain("batch receipt");
    expect(checkWorkerMessage({ ...good, escrowId: zeroHash }, worker.address, context)).toContain("batch receipt");
    expect(checkWorkerMessage(signReveals([{ ...reveal, digest: zeroHash }]), worker.address, context)).toContain(
      "item 0: the digest",
    );
    const foreign = { ...reveal, inline: [{ cid: `cid:${"2".repeat(64)}` as const, bytes: new Uint8Array() }] };
    expect(checkWorkerMessage(signReveals([foreign]), worker.address, context)).toContain("none of the outputs");
    expect(checkWorkerMessage({ ...good, items: [{ ...reveal, attempt: 2 }] }, worker.address, context)).toContain(
      "root",
    );
  });
});

describe("evidence of an item", () => {
  test("proves that item in that frame by that signer", () => {
    const evidence = attachEvidence(commits);
    const leaves = leavesOf(commits);
    expect(evidence).toHaveLength(3);
    for (const [i, leaf] of leaves.entries()) {
      const one = evidence[i];
      if (one === undefined) throw new Error("no evidence");
      expect(checkEvidence({ kind: "commit", leaf, evidence: one, signer: worker.address }, domain, recover)).toBe(
        true,
      );
      expect(checkEvidence({ kind: "commit", leaf, evidence: one, signer: stranger.address }, domain, recover)).toBe(
        false,
      );
      expect(checkEvidence({ kind: "verdict", leaf, evidence: one, signer: worker.address }, domain, recover)).toBe(
        false,
      );
      expect(
        checkEvidence({ kind: "commit", leaf: zeroHash, evidence: one, signer: worker.address }, domain, recover),
      ).toBe(false);
      expect(isInFrame(leaf, { ...one, index: i + 1 })).toBe(false);
      expect(isInFrame(leaf, { ...one, frame: { ...one.frame, count: 9 } })).toBe(false);
    }
    const reveals = signReveals([reveal]);
    const { escrowId, fine, signed } = reveals;
    const receipt = { escrowId, fine, root: signed.root, signature: signed.signature };
    expect(isReceiptSignedBy(worker.address, receipt, context)).toBe(true);
    expect(isReceiptSignedBy(stranger.address, receipt, context)).toBe(false);
  });
});

describe("a coordinator's message", () => {
  const task: TaskProgram = {
    runtimeClass: "wasm",
    program: { name: "program.wasm", cid: `cid:${"3".repeat(64)}`, size: 1 },
    args: [],
    env: {},
    inputs: [],
    outputs: [],
    seed: 0,
    limits: { timeoutMs: 1, memoryBytes: 1, outputBytes: 1, logBytes: 1 },
  };
  const place = { jobId: keccakText("job"), step: "map", index: 2 };
  const lease: LeaseItem = {
    ...place,
    leaseId: keccakText("lease"),
    taskSpec: taskSpecHash(place, task),
    attempt: 1,
    escrowId: keccakText("escrow"),
    payer: stranger.address,
    price: 5n,
    fine: 7n,
    leaseMs: 1000,
    traceId: "trace",
    task,
  };
  const leases = (item: LeaseItem): CoordinatorMessage =>
    sign({ type: "leases", items: [item], signed: unsigned }, "lease", coordinator);
  const check = (message: CoordinatorMessage) => checkCoordinatorMessage(message, parties, context);

  test("holds when it is signed, and a lease names the task that it carries", () => {
    expect(check(leases(lease))).toBeNull();
    expect(check(leases({ ...lease, task: { ...task, seed: 1 } }))).toContain("item 0: the task spec");
    expect(check(leases({ ...lease, index: 3 }))).toContain("item 0: the task spec");
    const good = leases(lease);
    if (good.type !== "leases") throw new Error("no leases");
    expect(check({ ...good, items: [{ ...lease, price: 500n }] })).toContain("root");
    expect(checkCoordinatorMessage(good, { ...parties, coordinator: stranger.address }, context)).toContain(
      "not signed by",
    );
  });

  test("commit sets, verdicts and vouchers are signed too", () => {
    const sets = sign(
      {
        type: "commitSets",
        items: [{ taskSpec: zeroHash, commitments: [{ worker: worker.address, attempt: 1, commitment: zeroHash }] }],
        signed: unsigned,
      },
      "commitSet",
      coordinator,
    );
    expect(check(sets)).toBeNull();
    const verdicts = sign(
      {
        type: "verdicts",
        items: [{ leaseId: zeroHash, taskSpec: zeroHash, attempt: 1, verdict: "accepted", reason: "agreement" }],
        signed: unsigned,
      },
      "verdict",
      coordinator,
    );
    expect(check(verdicts)).toBeNull();
    const escrowId = keccakText("escrow");
    const signature = coordinator.sign(voucherDigest(domain, { escrowId, worker: worker.address, cumulative: 10n }));
    expect(check({ type: "voucher", escrowId, cumulative: 10n, signature })).toBeNull();
    expect(check({ type: "voucher", escrowId, cumulative: 11n, signature })).toContain("voucher");
    expect(
      checkCoordinatorMessage(
        { type: "voucher", escrowId, cumulative: 10n, signature },
        { ...parties, worker: stranger.address },
        context,
      ),
    ).toContain("voucher");
  });
});

describe("opened tickets", () => {
  const payer = account("payer");
  const order = {
    requester: payer.address,
    coordinator: coordinator.address,
    budget: 7n,
    specHash: zeroHash,
    lotteryRoot: keccakText("root"),
    deadline: 9,
    salt: zeroHash,
  };
  const orderSignature = payer.sign(jobOrderDigest(domain, order));
  const item = { taskSpec: zeroHash, ticket: keccakText("ticket"), proof: [keccakText("sibling")], drawn: true };
  const tickets = (change: Partial<TicketTerms> = {}): Extract<CoordinatorMessage, { type: "tickets" }> =>
    sign(
      {
        type: "tickets",
        terms: { order, orderSignature, ticketRoot: keccakText("tickets"), tasks: 2, auditPpm: 5, ...change },
        items: [item],
        signed: unsigned,
      },
      "ticket",
      coordinator,
    );
  const check = (message: CoordinatorMessage) => checkCoordinatorMessage(message, parties, context);

  test("stand under an order that its payer signed", () => {
    expect(check(tickets())).toBeNull();
    expect(check(tickets({ order: { ...order, lotteryRoot: zeroHash } }))).toContain("order is not signed");
    expect(check(tickets({ orderSignature: stranger.sign(jobOrderDigest(domain, order)) }))).toContain("order");
  });

  test("say under an order that binds tickets alone what was said before rates were bound", () => {
    const terms = { order, tasks: 2, auditPpm: 5 };
    const leaf = ticketLeaf({ ...terms, ticketRoot: order.lotteryRoot }, item);
    expect(leaf).toBe(taggedDigest("ticket", { ...terms, ...item }));
    expect(ticketLeaf({ ...terms, ticketRoot: zeroHash }, item)).not.toBe(leaf);
    const sent = tickets({ ticketRoot: order.lotteryRoot });
    expect(decodeCoordinatorMessage(encodeCoordinatorMessage(sent)).message).toEqual(sent);
  });

  test("are bound by the frame's one signature, with the rate, the number of tasks and the root", () => {
    const good = tickets();
    for (const change of [{ tasks: 3 }, { auditPpm: 6 }, { ticketRoot: zeroHash }])
      expect(check({ ...good, terms: { ...good.terms, ...change } })).toContain("root");
    for (const change of [{ drawn: false }, { drawn: null }, { ticket: zeroHash }, { proof: [] }])
      expect(check({ ...good, items: [{ ...item, ...change }] })).toContain("root");
  });
});

test("an offer is signed by the coordinator that it names", () => {
  const offer: SignedTaskOffer["offer"] = {
    networkId: "devnet",
    jobId: zeroHash,
    escrowId: zeroHash,
    coordinator: coordinator.address,
    coordinatorPeerId: "12D3KooW",
    addresses: [],
    runtimeClass: "wasm",
    needs: { cpuCores: 1, memoryBytes: 1, diskBytes: 1, gpu: null },
    open: 3,
    priceCap: 5n,
    sequence: 1,
    expiresAt: 1,
  };
  const signature = coordinator.sign(offerDigest(domain, offerHash(offer)));
  expect(checkOffer({ offer, signature }, context)).toBeNull();
  expect(checkOffer({ offer: { ...offer, open: 4 }, signature }, context)).toContain("not signed");
  expect(checkOffer({ offer, signature: stranger.sign(zeroHash) }, context)).toContain("not signed");
});
