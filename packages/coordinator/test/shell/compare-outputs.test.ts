// Bytes go from the store to the comparators; what is wrong with them is told apart by whose fault it is, and never stops the coordinator.
import type { ArtifactStore } from "@starling/node-kit";
import { type ArtifactRef, type Cid, contentIdOfBytes, type NumericComparator } from "@starling/protocol";
import { expect, test } from "vitest";
import { compareOutputs } from "../../src/shell/compare-outputs.ts";

const comparator: NumericComparator = { kind: "numeric", format: "f32", abs: 0, rel: 1e-3, l2: 0 };
const { signal } = new AbortController();

class Files {
  readonly #files = new Map<Cid, Uint8Array>();
  /** So many times the disk fails before it reads. */
  failures = 0;
  opened = 0;
  closed = 0;

  put(bytes: Uint8Array): ArtifactRef {
    const cid = contentIdOfBytes(bytes);
    this.#files.set(cid, bytes);
    return { name: "out", cid, size: bytes.length };
  }

  // As the store gives files out: in pieces of its own size.
  readonly open: ArtifactStore["open"] = (cid) => this.#read(cid);

  async *#read(cid: Cid): AsyncGenerator<Uint8Array> {
    const bytes = this.#files.get(cid);
    if (bytes === undefined) throw new Error(`no such artifact: ${cid}`);
    this.opened += 1;
    try {
      if (this.failures > 0) {
        this.failures -= 1;
        throw new Error("EIO: i/o error, read");
      }
      for (let at = 0; at < bytes.length; at += 1_000_000) yield bytes.subarray(at, at + 1_000_000);
    } finally {
      this.closed += 1;
    }
  }
}

function f32(count: number, factor = 1): Uint8Array {
  const bytes = new Uint8Array(4 * count);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i += 1) view.setFloat32(4 * i, (i + 1) * factor, true);
  return bytes;
}

function effectOf(...outputs: readonly (readonly [string, ArtifactRef, ArtifactRef])[]) {
  return {
    type: "compareOutputs",
    taskId: "task",
    reference: "0x01",
    answer: "0x02",
    outputs: outputs.map(([output, reference, answer]) => ({ output, comparator, reference, answer })),
  } as const;
}

test("outputs larger than a chunk are measured each by itself, and every file is closed", async () => {
  const files = new Files();
  const large = files.put(f32(300_000));
  const effect = effectOf(
    ["close", large, files.put(f32(300_000, 1.0005))],
    ["far", large, files.put(f32(300_000, 1.01))],
    ["short", large, files.put(f32(10))],
  );
  const [close, far, short] = await compareOutputs(effect, { artifacts: files, signal });
  expect(close).toMatchObject({ output: "close", equal: true, problem: null });
  expect(close?.distances?.maxRel).toBeCloseTo(0.0005, 6);
  expect(far).toMatchObject({ output: "far", equal: false, problem: "they differ by more than the bounds" });
  expect(short).toMatchObject({ equal: false, distances: null, problem: "they have different numbers of numbers" });
  expect(files.closed).toBe(files.opened);
});

test("an output that is lost is tried again and then unreadable, which is not the worker's fault, and says so", async () => {
  const files = new Files();
  const lost: ArtifactRef = { name: "out", cid: contentIdOfBytes(f32(3)), size: 12 };
  const effect = effectOf(["out", files.put(f32(2)), lost], ["far", files.put(f32(2)), files.put(f32(2, 1.01))]);
  const [outcome, other] = await compareOutputs(effect, { artifacts: files, signal, retryAfterMs: [0, 0] });
  expect(outcome).toMatchObject({ equal: false, distances: null, unreadable: true });
  expect(outcome?.problem).toMatch(/^its bytes cannot be read here: no such artifact/);
  expect(other).toMatchObject({ equal: false, problem: "they differ by more than the bounds" });
  expect(other?.unreadable).toBeUndefined();
  expect(files.closed).toBe(files.opened);
});

test("a disk that fails for a moment changes nothing", async () => {
  const files = new Files();
  files.failures = 2;
  const effect = effectOf(["out", files.put(f32(2)), files.put(f32(2, 1.0001))]);
  const [outcome] = await compareOutputs(effect, { artifacts: files, signal, retryAfterMs: [0, 0] });
  expect(outcome).toMatchObject({ equal: true, problem: null });
  expect(files.closed).toBe(files.opened);
});

test("bytes that were read and are no numbers are different, and at once: their worker wrote them", async () => {
  const files = new Files();
  const effect = effectOf(["out", files.put(f32(2)), files.put(new Uint8Array(7))]);
  const [outcome] = await compareOutputs(effect, { artifacts: files, signal, retryAfterMs: [] });
  expect(outcome).toMatchObject({ equal: false, distances: null });
  expect(outcome?.problem).toContain("the answer cannot be measured");
  expect(outcome?.unreadable).toBeUndefined();
});

test("a coordinator that stops says nothing of answers that it has not measured", async () => {
  const files = new Files();
  const effect = effectOf(["out", files.put(f32(2)), files.put(f32(2, 1.0001))]);
  const stopped = AbortSignal.abort(new Error("stopped"));
  await expect(compareOutputs(effect, { artifacts: files, signal: stopped })).rejects.toThrow();
});
