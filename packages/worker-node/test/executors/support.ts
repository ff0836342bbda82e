// Tasks for the tests, with limits that are small but not in the way.
import { createHash } from "node:crypto";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunOutcome, TaskInput, TaskRun } from "../../src/shell/executors/executor.ts";

/** A task of one program; everything can be overridden. */
export function task(program: Uint8Array, overrides: Partial<TaskRun> = {}): TaskRun {
  return {
    leaseId: "lease",
    payer: "payer",
    program,
    programDigest: createHash("sha256").update(program).digest("hex"),
    args: [],
    env: {},
    inputs: [],
    outputs: [],
    limits: LIMITS,
    ...overrides,
  };
}

export const LIMITS = {
  timeoutMs: 20_000,
  memoryBytes: 16 * 1024 * 1024,
  outputBytes: 64 * 1024,
  outputFiles: 8,
  logBytes: 1_000,
} as const;

/** A shell script as a program. */
export function script(text: string): Uint8Array {
  return new TextEncoder().encode(`#!/bin/sh\n${text}\n`);
}

/** Writes an input file into a new folder that the test removes. */
export function inputFile(name: string, content: string): TaskInput & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), "executor-test-"));
  const path = join(folder, "content");
  writeFileSync(path, content);
  return { folder, name, path, size: Buffer.byteLength(content) };
}

/** Options of a run that nobody stops. */
export function unhurried(): { readonly signal: AbortSignal } {
  return { signal: new AbortController().signal };
}

/** Outputs as text by name; fails the test unless the run completed. */
export function texts(outcome: RunOutcome): Record<string, string> {
  if (outcome.kind !== "completed") throw new Error(`${outcome.kind}: ${outcome.message}`);
  return Object.fromEntries(outcome.outputs.map(({ name, bytes }) => [name, new TextDecoder().decode(bytes)]));
}
