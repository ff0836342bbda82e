// Counts the same words in another language and in one piece: `node examples/word-count/reference.ts` prints the first of them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CORPUS = join(import.meta.dirname, "corpus");
const SHOWN = 10;

/** A run of letters, with apostrophes between them. */
const WORD = /\p{Alphabetic}+(?:'\p{Alphabetic}+)*/gu;

/** How often each word is in the text, in small letters. */
export function countWords(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.toLowerCase().matchAll(WORD)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** What the job's table must be, byte for byte. */
export function referenceTable(): string {
  const texts = readdirSync(CORPUS).map((name) => readFileSync(join(CORPUS, name), "utf8"));
  const rows = [...countWords(texts.join("\n"))];
  rows.sort(([a, m], [b, n]) => n - m || Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return rows.map(([word, count]) => `${word}\t${count}\n`).join("");
}

function main(): void {
  for (const row of referenceTable().split("\n", SHOWN)) process.stdout.write(`${row}\n`);
}

if (import.meta.main) main();
