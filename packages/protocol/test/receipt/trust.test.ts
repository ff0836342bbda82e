// What a receipt shows of its audits, of those who never revealed, of referees and of answers compared as numbers.
import {
  answersOfWorker,
  type CustomTrust,
  distantOutputs,
  encodeReceipt,
  isDrawn,
  type JobSpec,
  keccakText,
  lotteryRootFrom,
  lotteryTree,
  type Measured,
  openTicket,
  parseReceipt,
  ppm,
  type Receipt,
  type ReceiptTask,
  type ReceiptVerdict,
  trustTerms,
  verifyReceipt,
} from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { recover, testWorker } from "../keys.ts";
import { network, receiptOf, refereeWorker, resealed, type Scene, type Story, secret, spec, workers } from "./forge.ts";

const [a, b, c, d] = workers as [Scene["party"], Scene["party"], Scene["party"], Scene["party"]];
const verify = (receipt: Receipt): ReceiptVerdict => verifyReceipt(receipt, { network, recover });
const found = (receipt: Receipt): string[] =>
  verify(receipt)
    .checks.filter((check) => !check.ok)
    .map((check) => `${check.name}: ${check.detail}`);

const trustOf = (change: Partial<CustomTrust>): JobSpec => ({
  ...spec,
  map: { ...spec.map, args: [] },
  each: { kind: "single" },
  reduce: null,
  trust: { ...trustTerms("spot"), ...change },
});
/** One answer is enough, and every set is drawn. */
const drawn = trustOf({ auditPpm: ppm });
const undrawn = trustOf({ auditPpm: 5_000 });
const only = (scenes: readonly Scene[], job: JobSpec, rest: Story = {}): Receipt =>
  receiptOf({ ...rest, spec: job, scenes: { "map/0": scenes } });
const changed = (receipt: Receipt, change: (task: ReceiptTask) => ReceiptTask): Receipt =>
  resealed(receipt, (r) => ({ ...r, tasks: r.tasks.map((task, i) => (i === 0 ? change(task) : task)) }));
const audit: Scene = { party: b, round: 1, audit: "lottery" };

describe("the lottery", () => {
  test("asks for an answer of one more operator after a drawn set", () => {
    expect(found(only([{ party: a }], undrawn))).toEqual([]);
    expect(found(only([{ party: a }], drawn))).toEqual(["lottery: map/0 was drawn, and nobody else was asked"]);
    expect(found(only([{ party: a }, audit], drawn))).toEqual([]);
    const { checks } = verify(only([{ party: a }, audit], drawn));
    expect(checks.find(({ name }) => name === "lottery")?.detail).toContain("1 task drawn, 1 audit answered");
  });

  test("is drawn on top of replicas too", () => {
    const quorum = trustOf({ replicas: 2, auditPpm: ppm });
    const both: Scene[] = [{ party: a }, { party: b }];
    expect(found(only(both, quorum)).join()).toContain("was drawn");
    expect(found(only([...both, { party: c, round: 1, audit: "lottery" }], quorum))).toEqual([]);
  });

  test("the same operator again is no audit", () => {
    const twin = { ...testWorker("twin"), operator: a.operator };
    expect(found(only([{ party: a }, { ...audit, party: twin }], drawn)).join()).toContain("answered twice");
  });

  test("an audit that finds another answer leads to the referee, and the first answer is overruled", () => {
    const referee: Scene = { party: refereeWorker, round: 2, role: "referee" };
    const receipt = only([{ party: a, says: "wrong" }, audit, referee], drawn, { acceptedBy: { "map/0": "referee" } });
    expect(found(receipt)).toEqual([]);
    expect(verify(receipt).dissents.map(({ worker }) => worker)).toEqual([a.worker.address]);
    expect(found(only([{ party: a, says: "wrong" }, audit], drawn)).join()).toContain("nobody ruled on them");
  });

  test("an audit that nobody could make is a warning, and no receipt that holds", () => {
    const receipt = only([{ party: a }], drawn, { auditMissed: { "map/0": "no other operator was there" } });
    const { ok, checks } = verify(receipt);
    expect(ok).toBe(false);
    expect(checks.filter((check) => !check.ok)).toMatchObject([
      { name: "lottery", outcome: "warning", detail: expect.stringContaining("no other operator was there") },
    ]);
  });

  test("knows no other ticket than the payer's, and none that is still closed", () => {
    const receipt = only([{ party: a }], undrawn);
    const other = lotteryTree(keccakText("other"), 1);
    const foreign = openTicket(other, { secret: keccakText("other"), position: 0 });
    expect(found(changed(receipt, (task) => ({ ...task, ticket: foreign }))).join()).toContain("is not the one under");
    expect(found(changed(receipt, (task) => ({ ...task, ticket: null }))).join()).toContain("not opened yet");
  });

  test("knows the rate from the payer's order, and from his spec where an order of before binds tickets alone", () => {
    const { root } = lotteryTree(secret, 1);
    expect(found(only([{ party: a }], undrawn, { lotteryRoot: root }))).toEqual([]);
    expect(found(only([{ party: a }], drawn, { lotteryRoot: root })).join()).toContain("was drawn");
    const lotteryRoot = lotteryRootFrom(secret, { tasks: 1, auditPpm: 5_001 });
    expect(found(only([{ party: a }], undrawn, { lotteryRoot })).join()).toContain("is not the one under");
  });

  test("knows only the ticket of the task itself", () => {
    const receipt = receiptOf();
    const tree = lotteryTree(secret, 3);
    const swapped = openTicket(tree, { secret, position: 1 });
    const longer = openTicket(tree, { secret, position: 0 });
    expect(found(changed(receipt, (task) => ({ ...task, ticket: swapped }))).join()).toContain("is not the one under");
    expect(
      found(
        changed(receipt, (task) => ({ ...task, ticket: { ...longer, proof: [...longer.proof, keccakText("x")] } })),
      ).join(),
    ).toContain("is not the one under");
  });

  test("an answer is called an audit only after an acceptance, and by lot only after a draw", () => {
    expect(found(only([{ party: a, audit: "lottery" }, audit], drawn)).join()).toContain("nothing was accepted before");
    expect(found(only([{ party: a }, audit], undrawn)).join()).toContain("no set before it is drawn");
    expect(found(only([{ party: a }, { ...audit, audit: "canary" }], undrawn))).toEqual([]);
  });
});

describe("members of a set that never revealed", () => {
  const withheld: Scene[] = [{ party: a }, { party: b, withholds: true }, { party: c, round: 1 }];
  const quorum = trustOf({ replicas: 2, auditPpm: 1_000 });

  test("stand in it with their signature", () => {
    const receipt = only(withheld, quorum);
    expect(found(receipt)).toEqual([]);
    expect(receipt.tasks[0]?.sets[0]?.commitments).toHaveLength(2);
    expect(parseReceipt(encodeReceipt(receipt))).toEqual({ ok: true, receipt });
  });

  test("cannot be invented, called absent when they answered, or left without an owner", () => {
    const receipt = only(withheld, quorum);
    const members = (change: (member: ReceiptTask["sets"][number]["commitments"][number]) => object): Receipt =>
      changed(receipt, (task) => ({
        ...task,
        sets: task.sets.map((set) => ({
          ...set,
          commitments: set.commitments.map((member) => ({ ...member, ...change(member) })),
        })),
      }));
    expect(found(members(() => ({ absent: null }))).join()).toContain("without an answer or a signature");
    const [absent] = receipt.tasks[0]?.sets[0]?.commitments.flatMap((member) => member.absent ?? []) ?? [];
    expect(found(members(() => ({ absent }))).join()).toContain("is said not to have");
    expect(
      found(members((member) => (member.absent === null ? {} : { commitment: keccakText("steered") }))).join(),
    ).toContain("did not sign its commitment in set 0");
    const ownerless = resealed(receipt, (r) => ({
      ...r,
      workers: r.workers.filter(({ worker }) => worker !== b.worker.address),
    }));
    expect(found(ownerless).join()).toContain("owned by nobody that is named");
  });

  test("a task that was drawn in such a set is audited on top of its replicas", () => {
    const all = trustOf({ replicas: 2, auditPpm: ppm });
    expect(found(only(withheld, all)).join()).toContain("was drawn, and nobody else was asked");
    expect(found(only([...withheld, { party: d, round: 2, audit: "lottery" }], all))).toEqual([]);
  });
});

describe("closed sets", () => {
  const receipt = receiptOf();
  const sets = (change: (sets: ReceiptTask["sets"]) => ReceiptTask["sets"]): string =>
    found(changed(receipt, (task) => ({ ...task, sets: change(task.sets) }))).join();

  test("hold every answer's commitment, each once, in order, and count up", () => {
    expect(sets((all) => all.map((set) => ({ ...set, commitments: set.commitments.slice(1) })))).toContain(
      "is not in set 0",
    );
    expect(sets((all) => all.map((set) => ({ ...set, commitments: [...set.commitments].reverse() })))).toContain(
      "not in the order",
    );
    expect(sets((all) => [...all, ...all])).toContain("committed twice");
    expect(sets((all) => all.map((set) => ({ ...set, round: 4 })))).toContain("count up from zero");
  });
});

describe("referees", () => {
  const referee: Scene = { party: refereeWorker, round: 1, role: "referee" };
  const quorum = trustOf({ replicas: 2, auditPpm: 1_000 });
  const ruled = (scenes: readonly Scene[]): string =>
    found(only(scenes, quorum, { acceptedBy: { "map/0": "referee" } })).join();
  const one: Scene = { party: a, says: "one" };

  test("stand against all when nobody was free to confirm them, and with one fresh answer", () => {
    const all: Scene[] = [one, { party: b, says: "two" }, referee];
    expect(ruled(all)).toBe("");
    expect(ruled([...all, { party: c, round: 2 }])).toBe("");
    const contradicted: Scene[] = [...all, { party: c, round: 2, says: "three" }];
    expect(ruled(contradicted)).toContain("contradicted, and nobody confirmed it");
    expect(ruled([...contradicted, { party: d, round: 3 }])).toBe("");
    expect(ruled([{ party: a }, { party: b }, referee])).toContain("nothing was in doubt");
    expect(ruled([one, { party: b }, { ...referee, says: "one" }])).toContain("another answer than the accepted one");
  });

  test("rule at once on what contradicts them later", () => {
    const retro: Scene = { party: c, round: 2, says: "wrong", audit: "retro" };
    expect(ruled([{ party: a }, { ...one, party: b }, referee, retro])).toBe("");
  });

  test("may make an audit for which nobody else was free", () => {
    const audited: Scene = { ...referee, audit: "lottery" };
    const contradicted: Scene[] = [one, audited];
    const by: Story = { acceptedBy: { "map/0": "referee" } };
    expect(found(only(contradicted, drawn, by))).toEqual([]);
    expect(found(only([...contradicted, { party: c, round: 2 }], drawn, by))).toEqual([]);
    expect(found(only([...contradicted, { party: c, round: 2, says: "third" }], drawn, by)).join()).toContain(
      "contradicted",
    );
    expect(found(only([{ party: a }, audited], drawn))).toEqual([]);
    expect(found(only([{ party: a }, referee], drawn)).join()).toContain("nothing was in doubt");
  });
});

describe("answers that are compared as numbers", () => {
  const near = { output: "score", l2: 1e-6, maxAbs: 1e-4, maxRel: 1e-5, within: true };
  const bounds = { kind: "numeric", format: "json", abs: 0, rel: 1e-4, l2: 1e-5 } as const;
  const numeric = trustOf({ replicas: 2, auditPpm: 1_000, compare: { score: bounds } });
  const scenes = (distances: Scene["distances"]): Scene[] => [
    { party: a },
    { party: b, says: "nearly right", ...(distances === undefined ? {} : { distances }) },
  ];
  const outcome = (distances: Scene["distances"], job: JobSpec = numeric): string =>
    found(only(scenes(distances), job)).join();

  test("count as equal within the payer's bounds alone", () => {
    const receipt = only(scenes([near]), numeric);
    expect(found(receipt)).toEqual([]);
    const { dissents, checks, notProven } = verify(receipt);
    expect(dissents).toEqual([]);
    expect(checks.find(({ name }) => name === "comparison")?.detail).toContain("a relative L2 of 0.000001");
    expect(notProven.join()).toContain("the coordinator measured it");
    expect(parseReceipt(encodeReceipt(receipt))).toEqual({ ok: true, receipt });
    expect(outcome([{ ...near, l2: 1e-4 }])).toContain("nobody ruled on them");
    expect(outcome([{ ...near, maxRel: 1e-3 }])).toContain("nobody ruled on them");
    expect(outcome([])).toContain("nobody ruled on them");
    expect(outcome([{ ...near, within: false }])).toContain("nobody ruled on them");
    expect(outcome([{ ...near, maxRel: 1e-3 }])).toContain("farther away than the payer's spec allows");
  });

  test("are claimed for no output that is equal, exact, unknown or named twice", () => {
    const exact = trustOf({ replicas: 2, auditPpm: 1_000 });
    expect(outcome([near], exact)).toContain("compares the output score byte by byte");
    expect(outcome([near, { ...near, output: "other" }])).toContain("does not differ in the output other");
    expect(outcome([near, near])).toContain("two distances");
    expect(found(only([{ party: a, distances: [near] }, { party: b }], numeric)).join()).toContain(
      "no distance to itself",
    );
  });

  test("may be close to the standing answer and not to each other: then the ladder was gone all the same", () => {
    const referee: Scene = { party: refereeWorker, round: 1, role: "referee" };
    const apart: Scene[] = [
      { party: a, says: "above", distances: [near] },
      { party: b, says: "below", distances: [near] },
    ];
    const ruled = { acceptedBy: { "map/0": "referee" } } as const;
    expect(found(only([...apart, referee], numeric, ruled))).toEqual([]);
    // Close to each other, and then an audit led to a referee to whom one of them is not close.
    const audited: Scene = { party: c, round: 1, says: "wrong", audit: "lottery" };
    const far: Scene[] = [
      { party: a, says: "above", distances: [near] },
      { party: b, says: "below" },
    ];
    expect(found(only([...far, audited, { ...referee, round: 2 }], numeric, ruled)).join()).not.toContain("acceptance");
    const exact = trustOf({ replicas: 2, auditPpm: 1_000 });
    expect(found(only([{ party: a }, { party: b }, referee], exact, ruled)).join()).toContain("nothing was in doubt");
  });

  test("are believed no more once they were measured again", () => {
    const receipt = only(scenes([near]), numeric);
    const [compared] = distantOutputs(receipt);
    if (compared === undefined) throw new Error("nothing was compared");
    const measured = (found: Measured["found"]): ReceiptVerdict =>
      verifyReceipt(receipt, { network, recover, measured: [{ compared, found }] });
    const comparison = ({ checks }: ReceiptVerdict) => checks.find(({ name }) => name === "comparison");
    const same = measured({ equal: true, distances: { ...near, at: 0 }, problem: null });
    expect(same.ok).toBe(true);
    expect(same.notProven.join()).not.toContain("the coordinator measured it");
    const lied = comparison(measured({ equal: false, distances: { ...near, l2: 0.5, at: 0 }, problem: "far" }));
    expect(lied).toMatchObject({ ok: false, detail: expect.stringContaining("not as far from the standing one") });
    expect(lied?.detail).toContain("not within the payer's bounds");
    const none = comparison(measured({ equal: false, distances: null, problem: "no JSON" }));
    expect(none?.detail).toContain("has no distance: no JSON");
  });
});

describe("a task on which nobody decided", () => {
  const quorum: JobSpec = { ...spec, reduce: null };
  const camps: Scene[] = [{ party: a }, { party: b, says: "other" }, { party: c, round: 1, withholds: true }];
  const receipt = receiptOf({ spec: quorum, scenes: { "map/1": camps }, undecided: { "map/1": "disputed" } });

  test("stands in the receipt with all evidence, and the receipt does not hold", () => {
    const { ok, standoffs } = verify(receipt);
    expect(ok).toBe(false);
    expect(found(receipt)).toEqual([
      "tasks: map/1 is disputed: answers differ; 1 of 2 tasks have a result: the job is not complete",
    ]);
    expect(standoffs).toMatchObject([{ task: "map/1", outcome: "disputed", outputs: ["score"] }]);
    expect(standoffs[0]?.answers.map(({ operator }) => operator).sort()).toEqual(
      [a.operator.address, b.operator.address].sort(),
    );
    expect(parseReceipt(encodeReceipt(receipt))).toEqual({ ok: true, receipt });
    expect(answersOfWorker(receipt, b.worker.address)).toMatchObject([{ task: "map/0" }, { outcome: "undecided" }]);
    expect(answersOfWorker(receipt, c.worker.address)).toMatchObject([{ outcome: "withheld", ticket: null }]);
  });

  test("is evidence only as it was signed", () => {
    const forged = (change: (task: Receipt["undecided"][number]) => object): string =>
      found(
        resealed(receipt, (r) => ({ ...r, undecided: r.undecided.map((one) => ({ ...one, ...change(one) })) })),
      ).join();
    const answers = (change: object) =>
      forged((task) => ({ answers: task.answers.map((one) => ({ ...one, ...change })) }));
    expect(answers({ digest: keccakText("framed") })).toContain("did not commit to what it revealed");
    expect(answers({ fine: 9n })).toContain("did not sign this result");
    expect(forged(() => ({ taskSpec: keccakText("other") }))).toContain("ran something else");
    expect(forged((task) => ({ sets: task.sets.slice(1) }))).toContain("is not in set 0");
    expect(forged(() => ({ index: 0 }))).toContain("is undecided, and has a result");
    expect(forged(() => ({ index: 7 }))).toContain("ran something else");
    const unsealed = { ...receipt, undecided: receipt.undecided.map((one) => ({ ...one, reason: "never mind" })) };
    expect(found(unsealed).join()).toContain("seal: ");
    expect(found({ ...receipt, undecided: [] }).join()).toContain("seal: ");
  });
});

describe("one worker's part", () => {
  test("says what became of each commitment, and opens the ticket", () => {
    const referee: Scene = { party: refereeWorker, round: 2, role: "referee" };
    const receipt = only([{ party: a, says: "wrong" }, { party: d, withholds: true }, audit, referee], drawn, {
      acceptedBy: { "map/0": "referee" },
    });
    const [mine, ...none] = answersOfWorker(receipt, a.worker.address);
    expect(none).toEqual([]);
    expect(mine).toMatchObject({
      task: "map/0",
      outcome: "overruled",
      audit: null,
      drawn: true,
      auditedFor: ["lottery"],
      paid: 10_000n,
      fine: 5_000n,
    });
    expect(mine?.ticket).toBe(receipt.tasks[0]?.ticket?.ticket);
    expect(isDrawn(mine?.ticket ?? keccakText("none"), keccakText("any set"), ppm)).toBe(true);
    expect(answersOfWorker(receipt, b.worker.address)).toMatchObject([{ outcome: "accepted", audit: "lottery" }]);
    expect(answersOfWorker(receipt, d.worker.address)).toMatchObject([{ outcome: "withheld", paid: 0n, fine: null }]);
    expect(answersOfWorker(receipt, c.worker.address)).toEqual([]);
  });
});

test("what is not proven is said", () => {
  const { notProven } = verify(receiptOf());
  expect(notProven.join()).toContain("could have told an accomplice");
  expect(notProven.join()).toContain("read them yourself");
  const root = receiptOf().batches.map((batch) => batch.root);
  expect(verifyReceipt(receiptOf(), { network, roots: root, recover }).notProven.join()).not.toContain("read them");
});
