// A journal that was told to keep its history can be audited from its first fact on.
import { describe, expect, it } from "vitest";
import { encodeValue } from "../../src/journal/encoding.ts";
import { LevelJournal } from "../../src/journal/level-journal.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { openAndReplay } from "./journal-compliance.ts";

describe("a journal that keeps its history", () => {
  it("tells every fact whatever was snapshotted, recovers from the newest snapshot, and begins to prune when it is told to", async () => {
    const directory = temporaryDirectory();
    const facts = Array.from({ length: 35 }, (_, i) => ({ n: i + 1 }));
    const keeping = new LevelJournal({ directory, keepHistory: true });
    await openAndReplay(keeping);
    for (const { n } of facts) {
      await keeping.append([encodeValue({ n })], n);
      if (n % 10 === 0) await keeping.saveSnapshot({ seq: n, at: n, state: { n } });
    }
    await keeping.close();
    const again = new LevelJournal({ directory, keepHistory: true });
    await again.open();
    expect(await again.latestSnapshot()).toMatchObject({ seq: 30 });
    const told: unknown[] = [];
    for await (const group of again.replay(0)) told.push(...group.facts);
    expect(told).toEqual(facts);
    await again.close();
    const pruning = new LevelJournal({ directory });
    await openAndReplay(pruning);
    await pruning.append([encodeValue({ n: 36 })], 36);
    await pruning.saveSnapshot({ seq: 36, at: 36, state: { n: 36 } });
    await expect(async () => {
      for await (const _ of pruning.history(0)) throw new Error("a fact that was pruned");
    }).rejects.toMatchObject({ code: "journalPruned" });
    await pruning.close();
  });
});
