// What each behaviour does otherwise than an honest worker, seam by seam; on real networks the e2e test looks at them.
import { systemEntropy } from "@starling/node-kit";
import { type LeaseItem, type WorkerMessage, zeroHash } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import type { WorkerEffect } from "../../src/core/index.ts";
import { type Behaviour, honest } from "../../src/shell/behaviours/behaviour.ts";
import { behaviourNames, behaviourOf } from "../../src/shell/behaviours/registry.ts";
import type { Executor, RunOutcome, TaskRun } from "../../src/shell/executors/executor.ts";
import type { Link, LinkEvents } from "../../src/shell/links.ts";
import { behavingEvents } from "../../src/shell/misbehave.ts";

const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, bytesIn: 0, bytesOut: 0, fuel: 0 };
const signal = new AbortController().signal;
const coordinator = `0x${"c0".repeat(20)}` as const;

function of(text: string): Behaviour {
  const found = behaviourOf(text, { entropy: systemEntropy });
  if (found === null) throw new Error(`no behaviour ${text}`);
  return found;
}

/** Answers each task with its own arguments, as a program would whose outputs differ by task. */
const echo: Executor = {
  class: "wasm",
  probe: async () => ({ works: false, reason: "not asked" }),
  run: async ({ args }) => completed(args.join(" ")),
  close: async () => undefined,
};

function completed(text: string): RunOutcome {
  return { kind: "completed", exitCode: 0, outputs: [{ name: "a", bytes: Buffer.from(text) }], log: "", usage };
}

function task(arg: string): TaskRun {
  return { args: [arg], programDigest: "cid:1" } as unknown as TaskRun;
}

async function answer(executor: Executor, arg: string): Promise<string> {
  const outcome = await executor.run(task(arg), { signal });
  return outcome.kind === "completed" ? Buffer.from(outcome.outputs[0]?.bytes ?? []).toString() : outcome.kind;
}

/** What leaves when the core asks for an effect. */
async function performed(behaviour: Behaviour, effect: WorkerEffect, abort = signal): Promise<WorkerEffect[]> {
  const left: WorkerEffect[] = [];
  const performer = behaviour.performer({ perform: async (one) => void left.push(one) });
  await performer.perform(effect, { signal: abort, feedback: () => undefined, effectId: "1" } as never);
  return left;
}

const commits: WorkerEffect = {
  type: "sendCommits",
  coordinator,
  items: [{ leaseId: `0x${"01".repeat(32)}`, taskSpec: zeroHash, attempt: 1, commitment: zeroHash }],
} as WorkerEffect;
const reveals = { type: "sendReveals", coordinator, escrowId: zeroHash, fine: 1n, items: [] } as WorkerEffect;

describe("answers", () => {
  test("a liar changes every one, each time otherwise, and keeps sizes and failures", async () => {
    const liar = of("liar").executor(echo);
    const lies = [await answer(liar, "the same bytes"), await answer(liar, "the same bytes")];
    for (const lie of lies) expect(lie).not.toBe("the same bytes");
    expect(lies[0]).not.toBe(lies[1]);
    const outcome = await liar.run(task("0123456789"), { signal });
    expect(outcome.kind === "completed" && outcome.outputs[0]?.bytes.length).toBe(10);
    const empty = await liar.run(task(""), { signal });
    expect(empty.kind === "completed" && empty.outputs[0]?.bytes.length).toBe(1);
    const failed: RunOutcome = { kind: "failed", reason: "trap", message: "", log: "", usage };
    const failing = of("liar").executor({ ...echo, run: async () => failed });
    expect(await failing.run(task("x"), { signal })).toEqual(failed);
  });

  test.each(["partial:3", "framer:3"])("%s is wrong in a share of them", async (text) => {
    const faker = of(text).executor(echo);
    const answers: string[] = [];
    for (let i = 0; i < 9; i += 1) answers.push(await answer(faker, "right answer"));
    expect(answers.map((one) => one === "right answer")).toEqual(Array(3).fill([true, true, false]).flat());
  });

  test("a sleeper is right until so many results were accepted, and wrong from then on", async () => {
    const sleeper = of("sleeper:2");
    const executor = sleeper.executor(echo);
    const settle = (verdict: "accepted" | "unneeded"): void =>
      sleeper.learns({ type: "leaseSettled", leaseId: `0x${"01".repeat(32)}`, verdict, reason: "" } as never);
    settle("accepted");
    settle("unneeded");
    expect(await answer(executor, "right")).toBe("right");
    settle("accepted");
    expect(await answer(executor, "right")).not.toBe("right");
  });

  test("a drifter rounds its numbers otherwise, and leaves texts alone", async () => {
    const numbers = new Uint8Array(new Float32Array([0.5, -3, 0, 1e-40]).buffer);
    const tensor: Executor = {
      ...echo,
      run: async () => ({ ...completed(""), outputs: [{ name: "a", bytes: numbers }] }) as RunOutcome,
    };
    const outcome = await of("drifter").executor(tensor).run(task("x"), { signal });
    const [output] = outcome.kind === "completed" ? outcome.outputs : [];
    const found = new Float32Array(Uint8Array.from(output?.bytes ?? []).buffer);
    expect([...found].map((value, i) => value === [0.5, -3, 0, Math.fround(1e-40)][i])).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect(found[0]).toBeCloseTo(0.5, 6);
    expect(await answer(of("drifter").executor(echo), '{"loss":0.25}')).toBe('{"loss":0.25}');
  });

  test("a lazy copier runs a program once and repeats what came out", async () => {
    const lazy = of("lazy").executor(echo);
    expect(await answer(lazy, "first")).toBe("first");
    expect(await answer(lazy, "second")).toBe("first");
  });

  test("a staller says that it is half way and ends only when it is killed", async () => {
    const abort = new AbortController();
    const said: unknown[] = [];
    const running = of("staller")
      .executor(echo)
      .run(task("x"), { signal: abort.signal, onProgress: (progress) => said.push(progress) });
    expect(said).toEqual([{ done: 1, total: 2 }]);
    abort.abort();
    expect(await running).toMatchObject({ kind: "killed" });
  });
});

describe("frames", () => {
  test("a withholder reveals nothing, and does all else", async () => {
    expect(await performed(of("withholder"), reveals)).toEqual([]);
    expect(await performed(of("withholder"), commits)).toEqual([commits]);
  });

  test("an equivocator commits to something else as well", async () => {
    const sent = await performed(of("equivocator"), commits);
    expect(sent).toHaveLength(2);
    expect(sent[0]).toEqual(commits);
    expect(sent[1]).toMatchObject({ items: [{ leaseId: `0x${"01".repeat(32)}`, attempt: 1 }] });
    expect(sent[1]).not.toEqual(commits);
    expect(await performed(of("equivocator"), reveals)).toEqual([reveals]);
  });

  test("a late revealer shows nothing at once, and nothing at all when it is stopped meanwhile", async () => {
    const abort = new AbortController();
    const waiting = performed(of("late:600"), reveals, abort.signal);
    expect(await performed(of("late:600"), commits)).toEqual([commits]);
    abort.abort();
    expect(await waiting).toEqual([]);
  });

  test("a replayer says everything twice, some frames later, and nothing more often", () => {
    const { frames } = of("replayer");
    const sent = Array.from({ length: 40 }, (_, freeSlots): WorkerMessage => ({ type: "ask", freeSlots, classes: [] }));
    const left = sent.flatMap((message) => frames(message));
    const counts = sent.map((message) => left.filter((one) => one === message).length);
    expect(new Set(counts.slice(0, 32))).toEqual(new Set([2]));
    expect(left.indexOf(left[0] as WorkerMessage, 1)).toBeGreaterThan(4);
  });

  test("a selfish accepter declines what takes long, and its core never hears of it", async () => {
    const lease = (id: string, timeoutMs: number): LeaseItem =>
      ({ leaseId: id, task: { limits: { timeoutMs } } }) as unknown as LeaseItem;
    const heard: unknown[] = [];
    const said: WorkerMessage[] = [];
    const inner = {
      message: async (_link: Link, message: unknown) => void heard.push(message),
    } as unknown as LinkEvents;
    const events = behavingEvents(inner, of("selfish:5"), async (_to, message) => void said.push(message));
    const [small, large] = [lease("0x01", 5_000), lease("0x02", 5_001)];
    await events.message({ coordinator } as Link, { type: "leases", items: [small, large] } as never);
    expect(heard).toEqual([{ type: "leases", items: [small] }]);
    expect(said).toMatchObject([{ type: "declines", leases: [{ leaseId: "0x02" }] }]);
    const voucher = { type: "voucher" } as never;
    await events.message({ coordinator } as Link, voucher);
    expect(heard).toContain(voucher);
  });
});

test("each behaviour differs from an honest worker in one seam at least", () => {
  for (const name of behaviourNames) {
    const behaviour = of(name);
    const seams = (Object.keys(honest) as (keyof Behaviour)[]).filter((seam) => behaviour[seam] !== honest[seam]);
    expect(seams.length, name).toBeGreaterThan(0);
  }
});
