// How answers are printed: a table for people, JSON and YAML for programs, names for shells.
import { stringify } from "yaml";

export type OutputFormat = "table" | "wide" | "json" | "jsonl" | "yaml" | "name";
export const outputFormats: readonly OutputFormat[] = ["table", "wide", "json", "jsonl", "yaml", "name"];

/** A column of a table; `wide` columns show with `-o wide` alone. */
export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  readonly wide?: boolean;
}

/** What can be printed in every format. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  /** What `-o name` prints of a row. */
  readonly name: (row: Row) => string;
}

/** A list as text, with a line feed at its end. */
export function formatListing<Row>(listing: Listing<Row>, format: OutputFormat): string {
  const { rows, columns, name } = listing;
  switch (format) {
    case "json":
      return `${toJson(rows, 2)}\n`;
    case "jsonl":
      return rows.map((row) => `${toJson(row)}\n`).join("");
    case "yaml":
      return stringify(plain(rows));
    case "name":
      return rows.map((row) => `${name(row)}\n`).join("");
    case "table":
    case "wide": {
      const shown = columns.filter((column) => format === "wide" || column.wide !== true);
      return table([
        shown.map((column) => column.title),
        ...rows.map((row) => shown.map((column) => column.value(row))),
      ]);
    }
  }
}

/** One thing as text: `lines` for people, those without text left out, the value itself for programs. */
export function formatOne(
  value: unknown,
  people: { readonly lines: readonly (readonly [string, string])[]; readonly name: string },
  format: OutputFormat,
): string {
  switch (format) {
    case "json":
      return `${toJson(value, 2)}\n`;
    case "jsonl":
      return `${toJson(value)}\n`;
    case "yaml":
      return stringify(plain(value));
    case "name":
      return `${people.name}\n`;
    case "table":
    case "wide":
      return table(people.lines.filter(([, text]) => text !== "").map(([label, text]) => [`${label}:`, text]));
  }
}

/** Cells in aligned columns, two spaces between them. */
export function table(cells: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of cells) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return cells
    .map(
      (row) =>
        `${row
          .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** JSON with 64-bit numbers as decimal text, and nothing that has no value. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(plain(value), null, indent);
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, plain(item)]),
  );
}
