// The table: five columns, wrapped so that it fits a terminal.
import type { Figure } from "../figure.ts";
import type { Result } from "./child.ts";

const heads = ["name", "ours", "goal", "others today", "how"] as const;
/** Widths of all columns but the last, which takes the rest. */
const widths = [26, 27, 25, 30] as const;
const lastMin = 40;
const gap = "  ";

/** The whole table as lines. */
export function tableLines(results: readonly Result[], columns: number): readonly string[] {
  const taken = widths.reduce((sum, width) => sum + width + gap.length, 0);
  const all = [...widths, Math.max(lastMin, columns - taken)];
  const rows = results.flatMap((result) => [...result.figures.map(cells), ...failed(result)]);
  const rule = all.map((width) => "-".repeat(width)).join(gap);
  return [...row(heads, all), rule, ...rows.flatMap((one) => row(one, all))];
}

function cells({ name, ours, how, beside }: Figure): readonly string[] {
  return [name, ours, beside?.goal ?? "-", beside?.peer ?? "-", how];
}

function failed({ name, failure }: Result): readonly (readonly string[])[] {
  return failure === null ? [] : [[name, "FAILED", "-", "-", failure.split("\n")[0] ?? ""]];
}

function row(texts: readonly string[], all: readonly number[]): readonly string[] {
  const wrapped = texts.map((text, column) => wrap(text, all[column] ?? 0));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, column) => (lines[line] ?? "").padEnd(all[column] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
