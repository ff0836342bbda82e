// Inputs are copied for a run within the room that the owner gave, and nothing is left of them afterwards.
import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type ArtifactStore, openArtifactStore } from "@starling/node-kit";
import type { ArtifactRef, LeaseItem } from "@starling/protocol";
import { expect, test } from "vitest";
import type { Executor } from "../../src/shell/executors/executor.ts";
import { MemoryCache } from "../../src/shell/memory-cache.ts";
import { type RunDeps, runLease } from "../../src/shell/run-lease.ts";
import { lease } from "../core/support.ts";
import { temporaryDirectory } from "./support.ts";

const usage = { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1, fuel: 7 };
const noHooks = { signal: new AbortController().signal, onProgress: () => undefined };

async function worldOf(bytesMax: number): Promise<{ readonly store: ArtifactStore; readonly item: LeaseItem }> {
  const store = await openArtifactStore({ directory: temporaryDirectory(), bytesMax, freeBytesMin: 0 });
  const stored = async (name: string, size: number): Promise<ArtifactRef> => ({
    name,
    ...(await store.put(new Uint8Array(size).fill(name.length))),
  });
  const given = lease("a");
  const task = { ...given.task, program: await stored("p", 100), inputs: [await stored("input", 400)] };
  return { store, item: { ...given, task } };
}

function depsOf(store: ArtifactStore, run: Executor["run"]): RunDeps {
  return {
    artifacts: store,
    memory: new MemoryCache(store),
    executor: { run } as Executor,
    peer: { fetch: () => Promise.reject(new Error("all is here")) } as unknown as RunDeps["peer"],
    runsDir: temporaryDirectory(),
  };
}

test("copies of inputs count in the room of the store while the run lasts", async () => {
  const { store, item } = await worldOf(1_000);
  let inside: unknown;
  const deps = depsOf(store, async ({ inputs }) => {
    const [copy] = await Promise.all(inputs.map(async ({ path }) => (await readFile(path)).length));
    inside = [copy, await store.put(new Uint8Array(200)).catch((error: unknown) => error)];
    return { kind: "completed", exitCode: 0, outputs: [], usage } as never;
  });
  expect(await runLease(item, deps, noHooks)).toMatchObject({ kind: "completed", usage });
  expect(inside).toMatchObject([400, { code: "storageFull" }]);
  expect(readdirSync(deps.runsDir)).toEqual([]);
  await store.put(new Uint8Array(500));
});

test("a run whose inputs find no room fails by the machine's fault, and leaves nothing behind", async () => {
  const { store, item } = await worldOf(800);
  const deps = depsOf(store, () => Promise.reject(new Error("not reached")));
  const result = await runLease(item, deps, noHooks);
  expect(result).toMatchObject({ kind: "failed", fault: "infrastructure", reason: "inputUnavailable" });
  expect(readdirSync(deps.runsDir)).toEqual([]);
});
