// The table of a package's files: each file's path and its first line of purpose.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sourceFiles } from "./source-files.ts";

/** A Markdown table of all source files of the package. */
export async function fileTable(folder: string): Promise<string> {
  const rows = ["| File in `src/` | Purpose |", "|---|---|"];
  for (const path of await sourceFiles(folder)) {
    const text = await readFile(join(folder, "src", path), "utf8");
    rows.push(`| \`${path}\` | ${purpose(text).replaceAll("|", "\\|")} |`);
  }
  return rows.join("\n");
}

/** The comment that opens a file, up to its first sentence; lines that continue a sentence are joined. */
function purpose(text: string): string {
  const lines: string[] = [];
  for (const line of text.replace(/^#!.*\n/, "").split("\n")) {
    if (!line.startsWith("// ")) break;
    lines.push(line.slice(3).trim());
  }
  const comment = lines.join(" ");
  return /^.*?[.!?](?= [A-Z`]|$)/.exec(comment)?.[0] ?? comment;
}
