// The constants of a daemon's core with their reasons, from the one table that its code and `--print-config` share.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type PolicyTable, policyMarkdown } from "@starling/node-kit";

/** A Markdown table of the `policyTable` that the package's `src/core/policy.ts` exports. */
export async function policyConstants(folder: string): Promise<string> {
  const module: Record<string, unknown> = await import(pathToFileURL(join(folder, "src/core/policy.ts")).href);
  const { policyTable } = module;
  if (!isPolicyTable(policyTable)) throw new Error(`${folder}/src/core/policy.ts exports no policyTable`);
  return policyMarkdown(policyTable).trim();
}

function isPolicyTable(value: unknown): value is PolicyTable {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((row) => typeof row?.why === "string");
}
