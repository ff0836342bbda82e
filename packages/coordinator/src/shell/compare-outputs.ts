// Feeds the bytes of two answers to the comparators of their job, chunk by chunk from the store.
import { setImmediate as otherWork, setTimeout as pause } from "node:timers/promises";
import type { ArtifactStore } from "@starling/node-kit";
import {
  type Cid,
  type ComparedOutput,
  type ComparedSide,
  comparedChunkBytes,
  comparison,
  type OutputComparison,
} from "@starling/protocol";
import type { CoordinatorEffect } from "../core/index.ts";

type CompareOutputs = Extract<CoordinatorEffect, { type: "compareOutputs" }>;

/** What comparing needs of its surroundings. */
export interface CompareParts {
  readonly artifacts: Pick<ArtifactStore, "open">;
  readonly signal: AbortSignal;
  /** How long to wait before each further try to read what could not be read, milliseconds. */
  readonly retryAfterMs?: readonly number[];
}

// A disk that is busy or full of errors for a moment; what can't be read after that is left to others to decide.
const RETRY_AFTER_MS: readonly number[] = [100, 500, 2_000];

/**
 * Measures every output that is asked for. Bytes that were read and are no numbers are different: whoever wrote them is to blame. Bytes that
 * cannot be read here are tried again, and then called unreadable, which blames nobody. Throws only when it is told to stop.
 */
export async function compareOutputs(effect: CompareOutputs, parts: CompareParts): Promise<readonly ComparedOutput[]> {
  const measured: ComparedOutput[] = [];
  for (const output of effect.outputs) measured.push(await compareOutput(output, parts));
  return measured;
}

type OutputToCompare = CompareOutputs["outputs"][number];

async function compareOutput(output: OutputToCompare, parts: CompareParts): Promise<ComparedOutput> {
  const { signal, retryAfterMs = RETRY_AFTER_MS } = parts;
  for (let tries = 0; ; tries += 1) {
    try {
      return await readBoth(output, parts);
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = retryAfterMs[tries];
      if (waitMs === undefined) return unreadable(output, error);
      await pause(waitMs, undefined, { signal });
    }
  }
}

// The comparator never throws, whatever the bytes are: what is thrown comes from the store.
async function readBoth(
  { output, comparator, reference, answer }: OutputToCompare,
  parts: CompareParts,
): Promise<ComparedOutput> {
  const chunks = { reference: chunksOf(reference.cid, parts), answer: chunksOf(answer.cid, parts) };
  try {
    return { output, ...(await measure(comparison(comparator), chunks)) };
  } finally {
    await Promise.all(Object.values(chunks).map((side) => side.return(undefined)));
  }
}

function unreadable({ output }: OutputToCompare, error: unknown): ComparedOutput {
  const why = error instanceof Error ? error.message : String(error);
  return { output, equal: false, distances: null, problem: `its bytes cannot be read here: ${why}`, unreadable: true };
}

type Chunks = Readonly<Record<ComparedSide, AsyncGenerator<Uint8Array>>>;

// The store gives out larger pieces than the event loop should stand still for.
async function* chunksOf(cid: Cid, { artifacts, signal }: CompareParts): AsyncGenerator<Uint8Array> {
  for await (const piece of artifacts.open(cid, undefined, { signal })) {
    for (let at = 0; at < piece.length; at += comparedChunkBytes) {
      await otherWork(undefined, { signal });
      yield piece.subarray(at, at + comparedChunkBytes);
    }
  }
}

async function measure(comparing: ReturnType<typeof comparison>, chunks: Chunks): Promise<OutputComparison> {
  let step = comparing.next();
  while (step.done !== true) {
    const { done, value } = await chunks[step.value].next();
    step = comparing.next(done === true ? null : value);
  }
  return step.value;
}
