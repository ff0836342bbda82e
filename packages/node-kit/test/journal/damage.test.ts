// A damaged, truncated or rolled back journal is refused with an error that says what happened; nothing is lost silently.
import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ClassicLevel } from "classic-level";
import { describe, expect, it } from "vitest";
import { encodeValue } from "../../src/journal/encoding.ts";
import { LevelJournal } from "../../src/journal/level-journal.ts";
import { temporaryDirectory } from "../temporary-directory.ts";
import { openAndReplay } from "./journal-compliance.ts";

const GROUPS = 40;

async function filled(snapshots = false, text = "x".repeat(200)): Promise<string> {
  const directory = temporaryDirectory();
  const journal = new LevelJournal({ directory });
  await openAndReplay(journal);
  for (let n = 1; n <= GROUPS; n += 1) {
    await journal.append([encodeValue({ n, text })], n);
    if (snapshots && n % 10 === 0) await journal.saveSnapshot({ seq: n, at: n, state: { n } });
  }
  await journal.close();
  return directory;
}

const logFiles = (directory: string): string[] =>
  readdirSync(join(directory, "level"))
    .filter((name) => name.endsWith(".log"))
    .map((name) => join(directory, "level", name));

async function refusal(directory: string): Promise<unknown> {
  const journal = new LevelJournal({ directory });
  try {
    await openAndReplay(journal);
  } catch (error) {
    await journal.close();
    return error;
  }
  await journal.close();
  return null;
}

async function withDatabase(
  directory: string,
  change: (database: ClassicLevel<string, Buffer>) => Promise<void>,
): Promise<void> {
  const database = new ClassicLevel<string, Buffer>(join(directory, "level"), { valueEncoding: "buffer" });
  await database.open();
  await change(database);
  await database.close();
}

describe("a damaged journal", () => {
  it("opens when nothing is wrong", async () => {
    expect(await refusal(await filled())).toBeNull();
  });

  it("is refused wherever one bit of LevelDB's log flips", async () => {
    const directory = await filled();
    const [log] = logFiles(directory);
    if (log === undefined) throw new Error("no log file");
    const whole = readFileSync(log);
    // The records fill the log's first part; every seventh of a spread of places keeps the test short.
    for (let offset = 200; offset < 8_000; offset += 1_213) {
      const copy = temporaryDirectory();
      cpSync(directory, copy, { recursive: true });
      const bytes = Buffer.from(whole);
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x10;
      writeFileSync(join(copy, "level", log.slice(log.lastIndexOf("/") + 1)), bytes);
      expect(await refusal(copy), `flip at ${offset}`).toMatchObject({ name: "JournalError" });
    }
  });

  it("is refused or read right wherever one bit of a sorted table flips", async () => {
    const directory = await filled();
    await withDatabase(directory, (database) => database.compactRange("fact/", "meta/~"));
    const level = join(directory, "level");
    const table = readdirSync(level).find((name) => name.endsWith(".ldb"));
    if (table === undefined) throw new Error("no sorted table");
    const whole = readFileSync(join(level, table));
    let refused = 0;
    for (let offset = 0; offset < whole.length; offset += 211) {
      const copy = temporaryDirectory();
      cpSync(directory, copy, { recursive: true });
      const bytes = Buffer.from(whole);
      bytes[offset] = (bytes[offset] ?? 0) ^ 0x01;
      writeFileSync(join(copy, "level", table), bytes);
      const journal = new LevelJournal({ directory: copy });
      try {
        const { facts } = await openAndReplay(journal);
        expect(facts, `flip at ${offset}`).toEqual(
          Array.from({ length: GROUPS }, (_, n) => expect.objectContaining({ n: n + 1 })),
        );
      } catch (error) {
        expect(error, `flip at ${offset}`).toMatchObject({ name: "JournalError" });
        refused += 1;
      } finally {
        await journal.close();
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  it("is refused when LevelDB's log is truncated", async () => {
    const directory = await filled();
    for (const log of logFiles(directory)) truncateSync(log, Math.floor(statSync(log).size / 2));
    expect(await refusal(directory)).toMatchObject({
      code: "journalLost",
      message: expect.stringContaining("were acknowledged but are gone"),
    });
  });

  it("is refused when the newest files are deleted", async () => {
    const directory = await filled();
    for (const log of logFiles(directory)) rmSync(log);
    expect(await refusal(directory)).toMatchObject({
      name: "JournalError",
      code: expect.stringMatching(/journal(Lost|Damaged)/),
    });
  });

  it("is refused when the database is gone but the witness is there", async () => {
    const directory = await filled();
    rmSync(join(directory, "level"), { recursive: true });
    expect(await refusal(directory)).toMatchObject({ code: "journalLost", details: { first: 1, last: GROUPS } });
  });

  it("is refused when an older copy of the database was put back", async () => {
    const directory = await filled();
    const copy = temporaryDirectory();
    cpSync(join(directory, "level"), join(copy, "level"), { recursive: true });
    const journal = new LevelJournal({ directory });
    await openAndReplay(journal);
    await journal.close();
    rmSync(join(directory, "level"), { recursive: true });
    cpSync(join(copy, "level"), join(directory, "level"), { recursive: true });
    expect(await refusal(directory)).toMatchObject({
      code: "journalLost",
      message: expect.stringContaining("an older copy was put back"),
    });
  });

  it("is refused when one record's bytes changed under a valid LevelDB checksum", async () => {
    const directory = await filled();
    await withDatabase(directory, async (database) => {
      const key = "fact/0000000000000007";
      const bytes = Buffer.from((await database.get(key)) ?? Buffer.alloc(0));
      bytes[80] = (bytes[80] ?? 0) ^ 1;
      await database.put(key, bytes);
    });
    expect(await refusal(directory)).toMatchObject({
      code: "journalDamaged",
      details: { key: "fact/0000000000000007" },
    });
  });

  it("is refused when a record in the middle is missing", async () => {
    const directory = await filled();
    await withDatabase(directory, (database) => database.del("fact/0000000000000007"));
    expect(await refusal(directory)).toMatchObject({ code: "journalLost", details: { first: 7, last: 7 } });
  });

  it("is refused when a record of another history stands in its place", async () => {
    const [directory, other] = [await filled(), await filled(false, "another")];
    const key = "fact/0000000000000035";
    let foreign = Buffer.alloc(0);
    await withDatabase(other, async (database) => {
      foreign = Buffer.from((await database.get(key)) ?? foreign);
    });
    await withDatabase(directory, (database) => database.put(key, foreign));
    expect(await refusal(directory)).toMatchObject({
      code: "journalDamaged",
      message: expect.stringContaining("does not follow"),
    });
  });

  it("is refused when the witness is missing or damaged", async () => {
    const directory = await filled();
    writeFileSync(join(directory, "witness"), Buffer.alloc(1024, 7));
    expect(await refusal(directory)).toMatchObject({
      code: "journalDamaged",
      message: expect.stringContaining("tail witness"),
    });
    rmSync(join(directory, "witness"));
    expect(await refusal(directory)).toMatchObject({
      code: "journalLost",
      message: expect.stringContaining("tail witness"),
    });
  });

  it("survives a torn write of the witness", async () => {
    const directory = await filled();
    const path = join(directory, "witness");
    const bytes = readFileSync(path);
    bytes.fill(0, 0, 20);
    writeFileSync(path, bytes);
    expect(await refusal(directory)).toBeNull();
  });

  it("falls back to the older snapshot when the newest is damaged", async () => {
    const directory = await filled(true);
    await withDatabase(directory, async (database) => {
      const key = "chunk/0000000000000040/00000000";
      const bytes = Buffer.from((await database.get(key)) ?? Buffer.alloc(0));
      bytes[12] = (bytes[12] ?? 0) ^ 1;
      await database.put(key, bytes);
    });
    const journal = new LevelJournal({ directory });
    const { snapshot, facts } = await openAndReplay(journal);
    expect(snapshot).toEqual({ n: 30 });
    expect(facts).toHaveLength(10);
    await journal.close();
  });

  it("opens with what is left when the operator accepts the tail", async () => {
    const directory = await filled();
    for (const log of logFiles(directory)) truncateSync(log, Math.floor(statSync(log).size / 2));
    const journal = new LevelJournal({ directory, acceptTail: true });
    const { facts } = await openAndReplay(journal);
    expect(facts.length).toBeGreaterThan(0);
    expect(facts.length).toBeLessThan(GROUPS);
    await journal.append([encodeValue({ n: "after" })], 99);
    await journal.close();
    expect(await refusal(directory)).toBeNull();
  });
});
