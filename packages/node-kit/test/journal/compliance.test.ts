// Both journals pass the same suite.
import { LevelJournal } from "../../src/journal/level-journal.ts";
import { MemoryDisk, MemoryJournal } from "../../src/journal/memory-journal.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { testJournal } from "./journal-compliance.ts";

testJournal({
  name: "MemoryJournal",
  disk: () => {
    const disk = new MemoryDisk();
    return {
      journal: () => new MemoryJournal(disk),
      crash: async () => disk.crash(),
    };
  },
});

testJournal({
  name: "LevelJournal",
  disk: () => {
    const directory = temporaryDirectory();
    return {
      journal: () => new LevelJournal({ directory }),
      // Within one process a death can only be played; `kill.test.ts` kills real processes.
      crash: (journal) => journal.close(),
    };
  },
});
