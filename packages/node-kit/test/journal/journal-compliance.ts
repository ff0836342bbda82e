// What every journal must do; each implementation runs all of it.
import { describe, expect, it } from "vitest";
import { encodeValue } from "../../src/journal/encoding.ts";
import type { Journal } from "../../src/journal/journal.ts";

/** Makes journals over one disk; `crash` frees what a dead process would not hold any more. */
export interface JournalHarness {
  readonly name: string;
  disk(): { journal(): Journal; crash(journal: Journal): Promise<void> };
}

/** Opens, reads the snapshot and replays to the end. */
export async function openAndReplay(
  journal: Journal,
): Promise<{ snapshot: unknown; facts: unknown[]; firstSeq: number }> {
  await journal.open();
  const snapshot = await journal.latestSnapshot();
  const facts: unknown[] = [];
  for await (const group of journal.replay(snapshot?.seq ?? 0)) facts.push(...group.facts);
  return { snapshot: snapshot?.state ?? null, facts, firstSeq: (snapshot?.seq ?? 0) + 1 };
}

const texts = (...facts: unknown[]): string[] => facts.map((fact) => encodeValue(fact));

export function testJournal(harness: JournalHarness): void {
  describe(harness.name, () => {
    it("starts empty, with epoch 1 and no fact", async () => {
      const journal = harness.disk().journal();
      expect(await openAndReplay(journal)).toEqual({ snapshot: null, facts: [], firstSeq: 1 });
      expect([journal.epoch, journal.lastSeq]).toEqual([1, 0]);
      await journal.close();
    });

    it("returns the facts of all appends in order, with numbers, times and epochs", async () => {
      const disk = harness.disk();
      const first = disk.journal();
      await openAndReplay(first);
      expect(await first.append(texts({ a: 1 }, { b: 2n }), 1_000)).toMatchObject({ firstSeq: 1, lastSeq: 2 });
      expect(await first.append(texts({ c: new Map([["k", [null, true, "x"]]]) }), 1_005)).toMatchObject({
        firstSeq: 3,
        lastSeq: 3,
      });
      await first.close();
      const second = disk.journal();
      await second.open();
      const groups = [];
      for await (const group of second.replay(0)) groups.push(group);
      expect(groups).toEqual([
        { firstSeq: 1, at: 1_000, epoch: 1, facts: [{ a: 1 }, { b: 2n }] },
        { firstSeq: 3, at: 1_005, epoch: 1, facts: [{ c: new Map([["k", [null, true, "x"]]]) }] },
      ]);
      expect([second.epoch, second.lastSeq]).toEqual([2, 3]);
      await second.close();
    });

    it("keeps all that was appended when the process dies", async () => {
      const disk = harness.disk();
      const first = disk.journal();
      await openAndReplay(first);
      for (let n = 1; n <= 20; n += 1) await first.append(texts({ n }), n);
      await disk.crash(first);
      const second = disk.journal();
      expect((await openAndReplay(second)).facts).toEqual(Array.from({ length: 20 }, (_, index) => ({ n: index + 1 })));
      await second.append(texts({ n: 21 }), 21);
      expect(second.lastSeq).toBe(21);
      await second.close();
    });

    it("splits a turn with thousands of facts and gives them back whole", async () => {
      const disk = harness.disk();
      const journal = disk.journal();
      await openAndReplay(journal);
      const facts = Array.from({ length: 2_500 }, (_, n) => ({ n }));
      expect(await journal.append(texts(...facts), 1)).toMatchObject({ firstSeq: 1, lastSeq: 2_500 });
      await journal.close();
      const again = disk.journal();
      expect((await openAndReplay(again)).facts).toEqual(facts);
      await again.close();
    });

    it("recovers from the newest snapshot and the facts after it, and prunes what the one before makes needless", async () => {
      const disk = harness.disk();
      const journal = disk.journal();
      await openAndReplay(journal);
      for (let n = 1; n <= 30; n += 1) {
        await journal.append(texts({ n }), n);
        if (n % 10 === 0)
          await journal.saveSnapshot({ seq: n, at: n, state: { sum: BigInt(n), rows: new Map([[`row${n}`, n]]) } });
      }
      await journal.append(texts({ n: 31 }), 31);
      await journal.close();
      const again = disk.journal();
      await again.open();
      expect(await again.latestSnapshot()).toEqual({
        seq: 30,
        at: 30,
        state: { sum: 30n, rows: new Map([["row30", 30]]) },
      });
      const seqs: number[] = [];
      // From the older snapshot on everything is still there; before it nothing is.
      for await (const group of again.replay(20)) seqs.push(group.firstSeq);
      expect(seqs).toEqual([21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31]);
      await again.close();
    });

    it("tells history from any fact on, also from the middle of a turn, and says what it has pruned", async () => {
      const journal = harness.disk().journal();
      await openAndReplay(journal);
      for (let n = 1; n <= 30; n += 3) {
        await journal.append(texts({ n }, { n: n + 1 }, { n: n + 2 }), n);
        if (n % 10 === 0) await journal.saveSnapshot({ seq: n + 2, at: n, state: {} });
      }
      const history = async (afterSeq: number): Promise<unknown[]> => {
        const facts: unknown[] = [];
        for await (const group of journal.history(afterSeq)) {
          expect(group.facts[0]).toEqual({ n: group.firstSeq });
          facts.push(...group.facts);
        }
        return facts;
      };
      for (const after of [12, 13, 14, 15, 29, 30, 99]) {
        expect(await history(after)).toEqual(
          Array.from({ length: Math.max(0, 30 - after) }, (_, index) => ({ n: after + index + 1 })),
        );
      }
      await expect(history(11)).resolves.toHaveLength(19);
      await journal.append(texts({ n: 31 }), 31);
      await journal.saveSnapshot({ seq: 31, at: 31, state: {} });
      await expect(history(11)).rejects.toMatchObject({ code: "journalPruned" });
      expect(await history(30)).toEqual([{ n: 31 }]);
      await journal.close();
    });

    it("refuses to append before everything was replayed", async () => {
      const journal = harness.disk().journal();
      await journal.open();
      await expect(journal.append(texts({}), 1)).rejects.toThrow("cannot append while it is opened");
      await journal.close();
    });

    it("refuses a second writer, and lets one in after the first has closed", async () => {
      const disk = harness.disk();
      const first = disk.journal();
      await first.open();
      await expect(disk.journal().open()).rejects.toMatchObject({ code: "journalLocked" });
      await first.close();
      const second = disk.journal();
      await second.open();
      expect(second.epoch).toBe(2);
      await second.close();
    });
  });
}
