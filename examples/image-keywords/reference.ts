// Finds the same words in another language: `node examples/image-keywords/reference.ts` prints the report.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const CORPUS = join(import.meta.dirname, "../word-count/corpus");
const TEXTS = ["book-1", "book-2", "book-3"];
const PARTS = 4;
const SHOWN = 6;

/** One part of a text. */
interface Part {
  readonly title: string;
  readonly words: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** A part of some lines, of which the script counts letters of ASCII alone. */
function partOf(text: string, part: number): Part {
  const lines = readFileSync(join(CORPUS, `${text}.txt`), "latin1")
    .split("\n")
    .slice(0, -1);
  const [first, end] = [part - 1, part].map((one) => Math.floor((one * lines.length) / PARTS));
  const found =
    lines
      .slice(first, end)
      .join("\n")
      .match(/[a-z]+/gi) ?? [];
  const words = found.filter(({ length }) => length >= 4).map((word) => word.toLowerCase());
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { title: `${text}, lines ${(first ?? 0) + 1} to ${end}`, words: words.length, counts };
}

/** What the job's report must be, byte for byte. */
export function referenceReport(): string {
  const parts = TEXTS.flatMap((text) => Array.from({ length: PARTS }, (_, i) => partOf(text, i + 1)));
  const lacking = (word: string): number => parts.filter(({ counts }) => !counts.has(word)).length;
  const rows = parts.map(({ title, words, counts }) => {
    const scored = [...counts].map(([word, times]) => ({ word, times, score: times * lacking(word) }));
    scored.sort((a, b) => b.score - a.score || (a.word < b.word ? -1 : 1));
    const shown = scored.slice(0, SHOWN).map(({ word, times }) => `${word} (${times})`);
    return `| ${title} | ${words} | ${shown.join(", ")} |\n`;
  });
  const head =
    "# What sets the parts of the book apart\n\n| Part | Words of four letters or more | Here more than elsewhere |\n|---|---|---|\n";
  return head + rows.join("");
}

if (import.meta.main) process.stdout.write(referenceReport());
