// The options of a daemon, from the one table that its parser, its help and this page share.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type OptionTable, optionsMarkdown } from "@starling/node-kit";

/** A Markdown table of the option table that the package's `src/config.ts` exports. */
export async function optionTable(folder: string): Promise<string> {
  const module: Record<string, unknown> = await import(pathToFileURL(join(folder, "src/config.ts")).href);
  const tables = Object.values(module).filter(isOptionTable);
  if (tables.length === 0) throw new Error(`${folder}/src/config.ts exports no option table`);
  return tables.map((table) => optionsMarkdown(table).trim()).join("\n\n");
}

function isOptionTable(value: unknown): value is OptionTable {
  if (typeof value !== "object" || value === null) return false;
  const specs = Object.values(value);
  return specs.length > 0 && specs.every((spec) => typeof spec?.type === "string" && typeof spec.help === "string");
}
