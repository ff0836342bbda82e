// What a receipt proves, and that nothing else passes for one: changed, forged throughout, unanchored, or accepted against the rules.
import {
  encodeReceipt,
  type Hash,
  type JobSpec,
  keccakText,
  parseNetworkFile,
  parseReceipt,
  type Receipt,
  type ReceiptVerdict,
  signingDomainOf,
  verifyReceipt,
  zeroHash,
} from "@starling/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { account, domain, recover, testWorker } from "../keys.ts";
import {
  coordinator,
  eventful,
  network,
  payer,
  receiptOf,
  refereeWorker,
  resealed,
  type Scene,
  type Story,
  spec,
  workers,
} from "./forge.ts";

type Party = Scene["party"];
const [a, b, c, d, e, f] = workers as [Party, Party, Party, Party, Party, Party];
const honest = receiptOf();
const verify = (receipt: Receipt, roots: readonly Hash[] | null = null): ReceiptVerdict =>
  verifyReceipt(receipt, { network, roots, recover });
const failed = (verdict: ReceiptVerdict): string[] =>
  verdict.checks.filter((check) => !check.ok).map((check) => `${check.name}: ${check.detail}`);
const outcome = (story: Story): string[] => failed(verify(receiptOf(story)));

describe("an honest receipt", () => {
  test("holds, before and after it was a file", () => {
    expect(failed(verify(honest))).toEqual([]);
    const parsed = parseReceipt(encodeReceipt(honest));
    expect(parsed).toEqual({ ok: true, receipt: honest });
    expect(verify(honest)).toMatchObject({ ok: true, anchored: true, networkKnown: true, dissents: [] });
    const { checks } = verify(honest);
    expect(checks.map(({ name }) => name)).toEqual([
      "seal",
      "network",
      "order",
      "tasks",
      "lottery",
      "commitments",
      "signatures",
      "operators",
      "acceptance",
      "comparison",
      "files",
      "anchor",
    ]);
    for (const { name, question, detail, outcome } of checks) {
      expect(question).toMatch(/\?$/);
      expect(detail).not.toBe("");
      expect(outcome).toBe(name === "files" ? "skipped" : "ok");
    }
  });

  test("holds against the roots that somebody read himself, and against no other", () => {
    const root = honest.batches[0]?.root ?? zeroHash;
    expect(failed(verify(honest, [root]))).toEqual([]);
    expect(failed(verify(honest, [keccakText("other")]))[0]).toContain("is not the one that was given");
  });

  test("says so when nobody gave a network file", () => {
    const verdict = verifyReceipt(honest, { recover });
    expect(verdict.networkKnown).toBe(false);
    expect(verdict.checks.find(({ name }) => name === "network")).toMatchObject({
      outcome: "skipped",
      detail: expect.stringContaining("whoever wrote the receipt chose chain, contracts and coordinator"),
    });
  });
});

describe("what attempts used", () => {
  const isClaim = expect.stringMatching(/^what attempts used, .* the workers' own words/);

  test("is told as nobody's proof", () => {
    expect(verify(honest).notProven).toContainEqual(isClaim);
  });

  test("is not there in a receipt of before, which holds all the same", () => {
    const before = resealed(honest, (body) => ({
      ...body,
      tasks: body.tasks.map(({ failures: _failures, ...task }) => ({
        ...task,
        answers: task.answers.map(({ usage: _usage, fuel: _fuel, ...answer }) => answer),
      })),
    }));
    expect(encodeReceipt(before)).not.toMatch(/usage|failures|fuel/);
    const parsed = parseReceipt(encodeReceipt(before));
    expect(parsed).toEqual({ ok: true, receipt: before });
    expect(verify(before)).toMatchObject({ ok: true });
    expect(verify(before).notProven).not.toContainEqual(isClaim);
  });
});

const changeable = { quiet: honest, eventful: receiptOf(eventful) };

describe.each(["quiet", "eventful"] as const)("a changed receipt of a job that was %s", (which) => {
  const receipt = changeable[which];
  const text = encodeReceipt(receipt);

  test("holds as it was", () => {
    expect(failed(verify(receipt))).toEqual([]);
    expect(parseReceipt(text)).toEqual({ ok: true, receipt });
  });

  /** Paths of all values that are not containers. */
  function leaves(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
    if (typeof value !== "object" || value === null) return [path];
    const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
    return entries.flatMap(([key, inner]) => leaves(inner, [...path, key]));
  }

  function changedAt(path: readonly (string | number)[], how: (value: unknown) => unknown): string {
    const copy = JSON.parse(text) as Record<string | number, unknown>;
    let at = copy;
    for (const key of path.slice(0, -1)) at = at[key] as Record<string | number, unknown>;
    const last = path.at(-1) ?? "";
    at[last] = how(at[last]);
    return JSON.stringify(copy);
  }

  function mutate(value: unknown, random: number): unknown {
    if (typeof value === "number") return value + 1 + (random % 5);
    if (typeof value !== "string" || value === "") return value === null ? 1 : "x";
    const at = random % value.length;
    const digit = value[at] === "0" ? "1" : "0";
    return value.slice(0, at) + digit + value.slice(at + 1);
  }

  test("fails, whichever value is changed", () => {
    const paths = leaves(JSON.parse(text));
    fc.assert(
      fc.property(fc.nat({ max: paths.length - 1 }), fc.nat(), (at, random) => {
        const path = paths[at] ?? [];
        const changed = changedAt(path, (value) => mutate(value, random));
        const parsed = parseReceipt(changed);
        if (parsed.ok) expect(verify(parsed.receipt).ok, path.join(".")).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("fails, whichever figure of what an attempt used is changed", () => {
    const paths = leaves(JSON.parse(text)).filter((path) => path.includes("usage") || path.includes("failures"));
    expect(paths.length).toBeGreaterThan(20);
    for (const path of paths) {
      const parsed = parseReceipt(changedAt(path, (value) => (value === true ? true : mutate(value, 3))));
      const isFlag = path.at(-1) === "outOfMemory";
      if (parsed.ok && !isFlag) expect(verify(parsed.receipt).ok, path.join(".")).toBe(false);
      if (isFlag) expect(parseReceipt(changedAt(path, () => false)).ok).toBe(false);
    }
  });

  test("fails, whichever byte of the file is changed to a digit", () => {
    fc.assert(
      fc.property(fc.nat({ max: text.length - 1 }), fc.constantFrom(..."0123456789abcdef"), (at, digit) => {
        if (text[at] === digit) return;
        const parsed = parseReceipt(text.slice(0, at) + digit + text.slice(at + 1));
        if (parsed.ok) expect(verify(parsed.receipt).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test("fails when a member is added or taken away", () => {
    const extra = parseReceipt(changedAt(["extra"], () => 1));
    expect(extra.ok).toBe(false);
    const { seal: _seal, ...rest } = JSON.parse(text);
    expect(parseReceipt(JSON.stringify(rest)).ok).toBe(false);
    expect(parseReceipt("{").ok).toBe(false);
    expect(parseReceipt("null").ok).toBe(false);
  });
});

describe("a coordinator that cheats and seals its work", () => {
  type Change = (task: Receipt["tasks"][number]) => Receipt["tasks"][number];
  const firstTask = (receipt: Receipt, change: Change): Receipt => ({
    ...receipt,
    tasks: receipt.tasks.map((task, i) => (i === 0 ? change(task) : task)),
  });
  const firstAnswer = (receipt: Receipt, change: Partial<Receipt["tasks"][number]["answers"][number]>): Receipt =>
    firstTask(receipt, (task) => ({
      ...task,
      answers: task.answers.map((answer, i) => (i === 0 ? { ...answer, ...change } : answer)),
    }));

  const lies: [string, string, (receipt: Receipt) => Receipt][] = [
    ["another spec", "order", (r) => ({ ...r, spec: { ...r.spec, seed: 8 } })],
    ["another job", "order", (r) => ({ ...r, idempotencyKey: "other" })],
    ["another payer", "order", (r) => ({ ...r, payer: account("x").address })],
    ["another budget", "order", (r) => ({ ...r, order: { ...r.order, budget: 1n } })],
    ["other outputs", "tasks", (r) => firstTask(r, (t) => ({ ...t, outputs: [] }))],
    ["another program", "tasks", (r) => firstTask(r, (t) => ({ ...t, taskSpec: zeroHash }))],
    ["a missing task", "tasks", (r) => ({ ...r, tasks: r.tasks.slice(1) })],
    ["a task twice", "tasks", (r) => ({ ...r, tasks: [...r.tasks, ...r.tasks.slice(0, 1)] })],
    ["a task that is not in the spec", "tasks", (r) => firstTask(r, (t) => ({ ...t, index: 9 }))],
    ["another salt", "commitments", (r) => firstAnswer(r, { salt: zeroHash })],
    ["another commitment", "signatures", (r) => firstAnswer(r, { commitment: zeroHash })],
    ["another fine", "signatures", (r) => firstAnswer(r, { fine: 1n })],
    ["another lease", "signatures", (r) => firstAnswer(r, { leaseId: zeroHash })],
    ["another attempt", "signatures", (r) => firstAnswer(r, { attempt: 77 })],
    ["another worker", "signatures", (r) => firstAnswer(r, { worker: c.worker.address })],
    ["another escrow", "signatures", (r) => ({ ...r, escrowId: zeroHash })],
    ["a worker without an owner", "operators", (r) => ({ ...r, workers: r.workers.slice(1) })],
    [
      "another owner",
      "operators",
      (r) => ({ ...r, workers: r.workers.map((w) => ({ ...w, operator: account("x").address })) }),
    ],
    [
      "a worker that did nothing",
      "operators",
      (r) => ({
        ...r,
        workers: [...r.workers, ...receiptOf({ scenes: { "map/0": [{ party: c }, { party: d }] } }).workers.slice(-1)],
      }),
    ],
    ["one answer only", "acceptance", (r) => firstTask(r, (t) => ({ ...t, answers: t.answers.slice(0, 1) }))],
    ["a referee that nobody asked for", "acceptance", (r) => firstTask(r, (t) => ({ ...t, acceptedBy: "referee" }))],
    ["a replica that is called a referee", "acceptance", (r) => firstAnswer(r, { role: "referee" })],
    ["another order of answers", "anchor", (r) => firstTask(r, (t) => ({ ...t, answers: [...t.answers].reverse() }))],
    [
      "another place",
      "anchor",
      (r) => firstTask(r, (t) => ({ ...t, anchor: t.anchor === null ? null : { ...t.anchor, index: 2 } })),
    ],
    ["no batch", "anchor", (r) => ({ ...r, batches: [] })],
    [
      "a batch of nothing",
      "anchor",
      (r) => ({ ...r, batches: [...r.batches, ...r.batches.map((one) => ({ ...one, batch: 9 }))] }),
    ],
    ["an unsigned root", "anchor", (r) => ({ ...r, batches: r.batches.map((one) => ({ ...one, signed: null })) })],
    ["another root", "anchor", (r) => ({ ...r, batches: r.batches.map((one) => ({ ...one, root: zeroHash })) })],
    ["another chain", "network", (r) => ({ ...r, domain: { ...r.domain, chainId: 1 } })],
    ["another network", "network", (r) => ({ ...r, networkId: "main" })],
  ];
  test.each(lies)("%s is found by the check of %s", (_what, check, lie) => {
    const found = failed(verify(resealed(honest, lie)));
    expect(found.map((line) => line.split(":")[0])).toContain(check);
    expect(found.map((line) => line.split(":")[0])).not.toContain("seal");
  });

  test("a receipt that was forged throughout with fresh keys fails against the network file alone", () => {
    const fresh = { coordinator: account("forger"), payer: account("victim?") };
    const scenes = Object.fromEntries(
      ["map/0", "map/1", "reduce/0"].map((task) => [task, ["x", "y"].map((name) => ({ party: testWorker(name) }))]),
    );
    const forged = receiptOf({ ...fresh, scenes });
    expect(verifyReceipt(forged, { recover }).ok).toBe(true);
    const found = failed(verify(forged));
    expect(found).toHaveLength(1);
    expect(found[0]).toContain("is no coordinator of the network");
  });
});

describe("an unanchored receipt", () => {
  test("says so and does not hold", () => {
    const noBatch = resealed(honest, (r) => ({
      ...r,
      tasks: r.tasks.map((task) => ({ ...task, anchor: null })),
      batches: [],
    }));
    const unmined = resealed(honest, (r) => ({ ...r, batches: r.batches.map((batch) => ({ ...batch, place: null })) }));
    for (const receipt of [noBatch, unmined]) {
      const verdict = verify(receipt);
      expect(verdict).toMatchObject({ ok: false, anchored: false });
      expect(failed(verdict)).toEqual(["anchor: unanchored: the chain does not yet have the roots of all results"]);
    }
  });
});

describe("the rules of acceptance", () => {
  const map0 = (
    scenes: readonly Scene[],
    acceptedBy: "agreement" | "referee" | "freshReplicas",
    rest: Story = {},
  ): string[] => outcome({ ...rest, scenes: { "map/0": scenes }, acceptedBy: { "map/0": acceptedBy } });
  const referee: Scene = { party: refereeWorker, round: 1, role: "referee" };
  const liar: Scene = { party: b, says: "wrong" };

  test("a referee of the payer's own operator rules on a mismatch, and the liar is named", () => {
    const story: Story = { scenes: { "map/0": [{ party: a }, liar, referee] }, acceptedBy: { "map/0": "referee" } };
    const verdict = verify(receiptOf(story));
    expect(failed(verdict)).toEqual([]);
    expect(verdict.dissents).toHaveLength(1);
    expect(verdict.dissents[0]).toMatchObject({
      task: "map/0",
      worker: b.worker.address,
      operator: b.operator.address,
      acceptedBy: "referee",
    });
  });

  test("a referee that the spec names rules too, one that the coordinator names does not", () => {
    const guest: Scene = { party: c, round: 1, role: "referee" };
    const named: JobSpec = { ...spec, referees: [c.operator.address] };
    expect(map0([{ party: a }, liar, guest], "referee", { spec: named })).toEqual([]);
    expect(map0([{ party: a }, liar, guest], "referee").join()).toContain("belongs to nobody whom the payer trusts");
  });

  test("a referee is never a replica", () => {
    expect(map0([{ party: a }, { party: refereeWorker }], "agreement").join()).toContain("acted as a replica");
  });

  test("no majority is accepted", () => {
    expect(map0([{ party: a }, liar, { party: c, round: 1 }], "agreement").join()).toContain("only 1 of 3 fresh");
    expect(map0([{ party: a }, liar], "agreement").join()).toContain("nobody ruled on them");
    expect(
      map0([{ party: a }, liar, { party: c, round: 1 }, { party: d, round: 1 }], "freshReplicas").join(),
    ).toContain("only 2 of 3 fresh");
    expect(map0([{ party: a }, { party: c }], "agreement", { spec: { ...spec, trust: "strong" } }).join()).toContain(
      "only 2 of 3 replicas",
    );
  });

  test("R+1 fresh replicas that all agree are", () => {
    const fresh = [c, d, e].map((party): Scene => ({ party, round: 1 }));
    expect(map0([{ party: a }, liar, ...fresh], "freshReplicas")).toEqual([]);
    const one = [
      { party: c, round: 1 },
      { party: d, round: 1 },
      { party: e, round: 1, says: "third" },
    ];
    expect(map0([{ party: a }, liar, ...one], "freshReplicas").join()).toContain("do not agree");
    expect(map0([{ party: a }, liar, ...fresh], "agreement").join()).toContain("was by freshReplicas");
  });

  test("fresh replicas that differ are asked for once more, and not a third time", () => {
    const of = (round: number, names: readonly string[]): Scene[] =>
      names.map((name) => ({ party: testWorker(name), round }));
    const split: Scene[] = [{ party: c, round: 1, says: "third" }, ...of(1, ["g", "h"])];
    const first: Scene[] = [{ party: a }, liar, ...split];
    expect(map0([...first, ...of(2, ["i", "j", "k"])], "freshReplicas")).toEqual([]);
    expect(map0([...first, ...of(2, ["i", "j"])], "freshReplicas").join()).toContain("only 2 of 3 fresh");
    const second: Scene[] = [{ party: d, round: 2, says: "third" }, ...of(2, ["i", "j"])];
    expect(map0([...first, ...second, ...of(3, ["k", "l", "m"])], "freshReplicas").join()).toContain("do not agree");
    const three: Scene[] = [{ party: a }, liar, ...split, { party: d, round: 1, says: "wrong" }];
    expect(map0([...three, ...of(2, ["i", "j", "k"])], "freshReplicas").join()).toContain("more than two ways");
  });

  test("an audit after a ruling confirms it, or starts another", () => {
    const retro: Scene = { party: f, round: 2, audit: "retro" };
    expect(map0([{ party: a }, liar, referee, retro], "referee")).toEqual([]);
    const fresh = [c, d, e].map((party): Scene => ({ party, round: 1, says: "wrong" }));
    const wronged: Scene[] = [{ party: a }, liar, ...fresh, retro];
    expect(map0(wronged, "freshReplicas").join()).toContain("nobody ruled on them");
    const second = ["g", "h", "i"].map((name): Scene => ({ party: testWorker(name), round: 3 }));
    expect(map0([...wronged, ...second], "freshReplicas")).toEqual([]);
    const { audit: _audit, ...uncalled } = retro;
    expect(map0([{ party: a }, liar, referee, uncalled], "referee").join()).toContain("nothing was in doubt");
  });

  test("each answer comes from another operator", () => {
    const twin = { ...testWorker("twin"), operator: a.operator };
    expect(map0([{ party: a }, { party: twin }], "agreement").join()).toContain("answered twice");
  });
});

describe("the network file", () => {
  const text = JSON.stringify(network);

  test("is read, addresses in any case", () => {
    const { jobEscrow, court } = network.contracts;
    const parsed = parseNetworkFile(text.replace(jobEscrow, jobEscrow.toUpperCase().replace("0X", "0x")));
    expect(parsed).toEqual({ ok: true, network });
    expect(signingDomainOf(network)).toEqual(domain);
    expect(court).toBe(domain.court);
  });

  test("says what is wrong", () => {
    const problem = (change: object) => {
      const parsed = parseNetworkFile(JSON.stringify({ ...network, ...change }));
      return parsed.ok ? "" : parsed.problem;
    };
    expect(problem({ chainId: "x" })).toContain("chainId");
    expect(problem({ contracts: {} })).toContain("contracts.");
    expect(problem({ coordinators: [{ address: "0x1", peerId: "p" }] })).toContain("coordinators.0.address");
    expect(problem({ surprise: 1 })).not.toBe("");
    expect(parseNetworkFile("{")).toEqual({ ok: false, problem: "it is not JSON" });
    expect(payer.address).not.toBe(coordinator.address);
  });
});
