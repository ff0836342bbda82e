// Checkpoints of processes: what a task leaves is kept, it is asked before it is killed, and it goes on to the same end elsewhere.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { packCheckpoint, unpackCheckpoint } from "../../src/shell/executors/checkpoints/archive.ts";
import { isCheckpointPath, layCheckpoint, readCheckpoints } from "../../src/shell/executors/checkpoints/folder.ts";
import type { CheckpointFiles, Executor, RunOutcome, TaskRun } from "../../src/shell/executors/executor.ts";
import { counting, ENDLESS } from "./checkpoint-program.ts";
import { describeProcesses, processExecutor } from "./process-support.ts";
import { LIMITS, script, task, unhurried } from "./support.ts";

const TERMS = { bytes: 1024 * 1024, everyMs: 24 * 3_600_000, graceMs: 60_000 };
const limits = { ...LIMITS, timeoutMs: 120_000, checkpoint: TERMS };
const outputs = [{ name: "value", path: "value" }];

describeProcesses("a process with checkpoints", () => {
  let executor: Executor;
  beforeAll(() => {
    executor = processExecutor();
  });
  afterAll(() => executor.close());

  /** Runs until the end, or is asked to stop when it first tells progress. */
  async function run(
    program: Uint8Array,
    overrides: Partial<TaskRun> = {},
    isStopped = false,
  ): Promise<{ readonly outcome: RunOutcome; readonly found: readonly CheckpointFiles[] }> {
    const found: CheckpointFiles[] = [];
    const stop = new AbortController();
    const outcome = await executor.run(task(program, { limits, outputs, ...overrides }), {
      ...unhurried(),
      stop: stop.signal,
      onProgress: () => isStopped && stop.abort(),
      onCheckpoints: async (some) => void found.push(...some),
    });
    return { outcome, found };
  }

  test("is asked to end, leaves its last step, and goes on to the same result", async () => {
    const { outcome, found } = await run(counting, { args: [ENDLESS] }, true);
    expect(outcome).toMatchObject({ kind: "killed" });
    const last = found.at(-1);
    expect(last?.files.map(({ path }) => path)).toEqual(["deep/state", "manifest.json"]);
    const step = last?.step ?? 0;
    expect(step).toBeGreaterThan(9);
    const more = String(step + 15);
    const resumed = await run(counting, {
      args: [more],
      env: { RESUME_STEP: String(step) },
      ...(last === undefined ? {} : { resume: last }),
    });
    const whole = await run(counting, { args: [more] });
    expect(resumed.outcome).toMatchObject({ kind: "completed" });
    expect(outputsOf(resumed.outcome)).toEqual(outputsOf(whole.outcome));
    // One that has ended well needs none.
    expect(whole.found).toEqual([]);
  });

  test("tells complete steps while it runs", async () => {
    const often = { ...limits, checkpoint: { ...TERMS, everyMs: 1 } };
    const controller = new AbortController();
    const told: number[] = [];
    await executor.run(task(counting, { limits: often, args: [ENDLESS] }), {
      signal: controller.signal,
      onCheckpoints: async (some) => {
        told.push(...some.map(({ step }) => step));
        if (told.length > 3) controller.abort();
      },
    });
    expect(told.slice(0, 4)).toEqual([...told.slice(0, 4)].sort((a, b) => a - b));
    expect(new Set(told).size).toBe(told.length);
  });

  test("whatever it does once it was asked, it has no result", async () => {
    const obeys = script(
      "trap 'echo half > /out/value; exit 0' TERM; echo '{\"done\":1,\"total\":2}' > /progress; while :; do :; done",
    );
    expect((await run(obeys, {}, true)).outcome).toMatchObject({ kind: "killed" });
  });

  test("one that does not listen is killed when its grace is over, and so is one that was late", async () => {
    const deaf = script("trap '' TERM; echo '{\"done\":1,\"total\":2}' > /progress; while :; do :; done");
    const short = { ...limits, checkpoint: { ...TERMS, graceMs: 50 } };
    expect((await run(deaf, { limits: short }, true)).outcome).toMatchObject({ kind: "killed" });
    const late = await run(counting, { args: [ENDLESS], limits: { ...limits, timeoutMs: 1_000 } });
    expect(late.outcome).toMatchObject({ kind: "timedOut" });
    expect(late.found.at(-1)?.step).toBeGreaterThan(0);
  });

  test("has no more room than was asked for, and no folder where nothing was", async () => {
    const fills = script("head -c 3000000 /dev/zero > /ckpt/x && echo > /out/value");
    expect((await run(fills)).outcome).toMatchObject({ kind: "failed", reason: "exit" });
    const { checkpoint: _none, ...without } = limits;
    const looks = script("[ -e /ckpt ] || echo none > /out/value");
    expect((await run(looks, { limits: without })).outcome).toMatchObject({ kind: "completed" });
  });

  test("what is no plain folder of files is no checkpoint", async () => {
    const tricks = [
      "mkdir /ckpt/1; ln -s /etc/hostname /ckpt/1/manifest.json",
      "mkdir /ckpt/2; mkfifo /ckpt/2/manifest.json",
      "mkdir /ckpt/3; echo > /ckpt/3/manifest.json; ln -s / /ckpt/3/root",
      "mkdir /tmp/4; echo > /tmp/4/manifest.json; ln -s /tmp/4 /ckpt/4",
      "mkdir /ckpt/5; echo > /ckpt/5/manifest.json; truncate -s 2000000 /ckpt/5/hole",
      "mkdir /ckpt/6; echo > /ckpt/6/manifest.json; echo > '/ckpt/6/a b'",
      "mkdir -p /ckpt/7/a/b/c/d; echo > /ckpt/7/manifest.json; echo > /ckpt/7/a/b/c/d/e",
      "mkdir /ckpt/08; echo > /ckpt/08/manifest.json; mkdir /ckpt/9; echo > /ckpt/9/state",
    ];
    const { outcome, found } = await run(script(`${tricks.join("\n")}\nexit 1`));
    expect(outcome).toMatchObject({ kind: "failed" });
    expect(found).toEqual([]);
  });
});

test("a folder is read as it was laid out, newest steps first", async () => {
  const folder = temporaryFolder();
  const files = [
    { path: "a/b/state", bytes: new Uint8Array([1, 2]) },
    { path: "manifest.json", bytes: new Uint8Array([3]) },
  ];
  for (const step of [3, 12, 20]) await layCheckpoint(folder, { step, files });
  const read = (after: number) => readCheckpoints(folder, { after, most: 2, bytesMax: 100 });
  expect((await read(3)).map(({ step }) => step)).toEqual([20, 12]);
  expect(await read(12)).toEqual([{ step: 20, files }]);
  expect(await readCheckpoints(folder, { after: 0, most: 4, bytesMax: 2 })).toEqual([]);
  // All of a look together have no more than that.
  expect((await readCheckpoints(folder, { after: 0, most: 4, bytesMax: 8 })).map(({ step }) => step)).toEqual([20, 12]);
});

test("a step that is a link leads nowhere", async () => {
  const [folder, secret] = [temporaryFolder(), temporaryFolder()];
  mkdirSync(join(secret, "real"));
  writeFileSync(join(secret, "real/manifest.json"), "secret");
  symlinkSync(join(secret, "real"), join(folder, "5"));
  expect(await readCheckpoints(folder, { after: 0, most: 4, bytesMax: 100 })).toEqual([]);
  expect(readFileSync(join(folder, "5/manifest.json"), "utf8")).toBe("secret");
});

test.each([
  ["a", true],
  ["a/b-c/d_e.f", true],
  ["../a", false],
  ["a/./b", false],
  ["/a", false],
  ["a//b", false],
  ["a b", false],
  ["a/b/c/d/e", false],
])("the path %j of a checkpoint's file: %s", (path, allowed) => {
  expect(isCheckpointPath(path)).toBe(allowed);
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "checkpoints-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function outputsOf(outcome: RunOutcome): readonly string[] {
  if (outcome.kind !== "completed") return [];
  return outcome.outputs.map(({ bytes }) => Buffer.from(bytes).toString());
}

describe("a checkpoint as one file", () => {
  const files = [
    { path: "a/state", bytes: new Uint8Array([1, 2, 3]) },
    { path: "manifest.json", bytes: new Uint8Array([4]) },
  ];
  const packed = packCheckpoint({ step: 7, files });
  const withList = (list: unknown, rest = ""): Uint8Array =>
    Buffer.from(`starling/checkpoint/1\n${JSON.stringify(list)}\n${rest}`);

  test("has the same bytes for the same files, and gives them back", () => {
    const found = unpackCheckpoint(packed);
    expect({ ...found, files: found.files.map(({ path, bytes }) => ({ path, bytes: new Uint8Array(bytes) })) }).toEqual(
      {
        step: 7,
        files,
      },
    );
    expect(Buffer.from(packCheckpoint({ step: 7, files: files.slice() })).equals(packed)).toBe(true);
  });

  test.each([
    ["nothing", new Uint8Array()],
    ["less than it says", packed.subarray(0, packed.length - 1)],
    ["more than it says", Buffer.concat([packed, new Uint8Array(1)])],
    ["no list", Buffer.from("starling/checkpoint/1\n")],
    ["no manifest", withList({ step: 1, files: [["a", 0]] })],
    [
      "a path out of its folder",
      withList({
        step: 1,
        files: [
          ["../x", 0],
          ["manifest.json", 0],
        ],
      }),
    ],
    [
      "a file twice",
      withList({
        step: 1,
        files: [
          ["manifest.json", 0],
          ["manifest.json", 0],
        ],
      }),
    ],
    [
      "a file in a file",
      withList({
        step: 1,
        files: [
          ["a", 0],
          ["a/b", 0],
          ["manifest.json", 0],
        ],
      }),
    ],
    [
      "a size below zero",
      withList({
        step: 1,
        files: [
          ["a", -1],
          ["manifest.json", 1],
        ],
      }),
    ],
    ["a step that is no number", withList({ step: "1", files: [["manifest.json", 0]] })],
    ["a list that is none", withList(null)],
  ])("is refused with %s", (_name, bytes) => {
    expect(() => unpackCheckpoint(bytes)).toThrow();
  });
});
