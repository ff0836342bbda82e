// The artifact store: large files in and out, verified, and small ones one by one.
import { randomBytes, randomFillSync } from "node:crypto";
import { join } from "node:path";
import { type ArtifactStore, openArtifactStore } from "@starling/node-kit";
import type { Cid } from "@starling/protocol";
import type { BenchContext, Figure } from "../figure.ts";
import { latency, perSecond, timed } from "../support/statistics.ts";

const mebi = 1024 * 1024;
const largeBytes = 256 * mebi;
const largeRounds = 3;
const smallBytes = 10_000;
const smallFiles = 300;

/** Puts and reads. */
export async function measure({ folder, signal }: BenchContext): Promise<readonly Figure[]> {
  const store = await openArtifactStore({ directory: join(folder, "store"), bytesMax: 8 * largeBytes });
  const large = new Uint8Array(largeBytes);
  const puts: number[] = [];
  const reads: number[] = [];
  for (let round = 0; round <= largeRounds; round += 1) {
    signal.throwIfAborted();
    // Other content each time: what is there already is not written again.
    randomFillSync(large, 0, mebi);
    const put = await timed(() => store.put(large));
    const read = await timed(() => drain(store, put.result.cid));
    await store.remove(put.result.cid);
    // The first round warms up.
    if (round === 0) continue;
    puts.push(rate(put.ms));
    reads.push(rate(read.ms));
  }
  const put = median(puts);
  const read = median(reads);
  const small = latency(await putSmall(store, signal));
  return [
    {
      name: "artifact store, 256 MiB",
      ours: `put ${Math.round(put)} MB/s, read ${Math.round(read)} MB/s`,
      how: `hash, write, sync and rename; read back and verified chunk by chunk; median of ${largeRounds}`,
      values: { putMBPerSecond: put, readMBPerSecond: read },
    },
    {
      name: "artifact store, small files",
      ours: `put ${small.text}`,
      how: `${smallFiles} files of ${smallBytes} bytes, each synced with its folder (p50 / p99)`,
      values: { putMsP50: small.p50Ms, putMsP99: small.p99Ms },
    },
  ];
}

async function drain(store: ArtifactStore, cid: Cid): Promise<void> {
  for await (const piece of store.open(cid)) void piece;
}

async function putSmall(store: ArtifactStore, signal: AbortSignal): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let file = 0; file < smallFiles; file += 1) {
    signal.throwIfAborted();
    const bytes = new Uint8Array(randomBytes(smallBytes));
    samples.push((await timed(() => store.put(bytes))).ms);
  }
  return samples;
}

function rate(elapsedMs: number): number {
  return perSecond(largeBytes / 1e6, elapsedMs);
}

function median(values: readonly number[]): number {
  return latency(values).p50Ms;
}
