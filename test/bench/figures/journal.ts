// The journal: durable facts per second in synced batches, one synced fact, and reading them all back.
import { join } from "node:path";
import { encodeValue, LevelJournal } from "@starling/node-kit";
import type { BenchContext, Figure } from "../figure.ts";
import { leaseFact } from "../support/lease-fact.ts";
import { latency, ms, perSecond, seconds, timed, whole } from "../support/statistics.ts";

const batch = 500;
const factsTotal = 100_000;
const warmBatches = 10;
const singles = 300;

/** Appends, then opens again and replays. */
export async function measure({ folder, signal }: BenchContext): Promise<readonly Figure[]> {
  const directory = join(folder, "journal");
  const journal = await opened(directory);
  await appendBatches(journal, warmBatches, signal);
  const { result: batchMs, ms: elapsedMs } = await timed(() =>
    appendBatches(journal, factsTotal / batch - warmBatches, signal),
  );
  const count = factsTotal - warmBatches * batch;
  await journal.close();
  const recovery = await recover(directory);
  const single = await appendSingles(join(folder, "singles"), signal);
  const rate = perSecond(count, elapsedMs);
  const batches = latency(batchMs);
  const one = latency(single);
  return [
    {
      name: "journal, batches",
      ours: `${whole(rate)} facts/s; a batch ${batches.text}`,
      how: `${whole(count)} lease facts, encoded and appended in synced batches of ${batch} (p50 / p99)`,
      values: { factsPerSecond: rate, batchMsP50: batches.p50Ms, batchMsP99: batches.p99Ms },
    },
    {
      name: "journal, one fact",
      ours: one.text,
      how: `${singles} appends of one fact, each synced (p50 / p99): what every turn waits for at least`,
      values: { appendMsP50: one.p50Ms, appendMsP99: one.p99Ms },
    },
    {
      name: "journal, recovery",
      ours: `${seconds(recovery.ms)} for ${whole(recovery.facts)} facts (${whole(perSecond(recovery.facts, recovery.ms))}/s)`,
      how: `open, verify checksums and chain, and decode all facts; without the core's own work (open alone ${ms(recovery.openMs)})`,
      values: { recoveryMs: recovery.ms, openMs: recovery.openMs, facts: recovery.facts },
    },
  ];
}

async function opened(directory: string): Promise<LevelJournal> {
  const journal = new LevelJournal({ directory });
  await journal.open();
  for await (const group of journal.replay(0)) void group;
  return journal;
}

/** Appends; returns how long each batch took. */
async function appendBatches(journal: LevelJournal, batches: number, signal: AbortSignal): Promise<readonly number[]> {
  const samples: number[] = [];
  for (let one = 0; one < batches; one += 1) {
    signal.throwIfAborted();
    const first = journal.lastSeq;
    const { ms: elapsedMs } = await timed(() =>
      journal.append(
        Array.from({ length: batch }, (_, i) => encodeValue(leaseFact(first + i))),
        Date.now(),
      ),
    );
    samples.push(elapsedMs);
  }
  return samples;
}

async function appendSingles(directory: string, signal: AbortSignal): Promise<readonly number[]> {
  const journal = await opened(directory);
  const samples: number[] = [];
  for (let one = 0; one < singles + warmBatches; one += 1) {
    signal.throwIfAborted();
    const { ms: elapsedMs } = await timed(() => journal.append([encodeValue(leaseFact(one))], Date.now()));
    if (one >= warmBatches) samples.push(elapsedMs);
  }
  await journal.close();
  return samples;
}

async function recover(directory: string): Promise<{ readonly facts: number; readonly ms: number; openMs: number }> {
  const journal = new LevelJournal({ directory });
  const startedAt = performance.now();
  await journal.open();
  const openMs = performance.now() - startedAt;
  let facts = 0;
  for await (const group of journal.replay(0)) facts += group.facts.length;
  const elapsedMs = performance.now() - startedAt;
  await journal.close();
  return { facts, ms: elapsedMs, openMs };
}
