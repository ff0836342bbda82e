// State diagrams of a package's life cycles, drawn from the transition tables that the code checks.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Lifecycle, toMermaid } from "@starling/kernel";
import { sourceFiles } from "./source-files.ts";

/** One Mermaid diagram for each exported life cycle of the package, in the order of the files. */
export async function lifecycleDiagrams(folder: string): Promise<string> {
  const diagrams: string[] = [];
  for (const path of await sourceFiles(folder)) {
    const file = join(folder, "src", path);
    if (!/\bLifecycle</.test(await readFile(file, "utf8"))) continue;
    const module: Record<string, unknown> = await import(pathToFileURL(file).href);
    for (const value of Object.values(module)) {
      if (isLifecycle(value))
        diagrams.push(`**${value.name}** (\`${path}\`)\n\n\`\`\`mermaid\n${toMermaid(value)}\n\`\`\``);
    }
  }
  if (diagrams.length === 0) throw new Error(`${folder} exports no life cycle: remove the part from its README`);
  return diagrams.join("\n\n");
}

function isLifecycle(value: unknown): value is Lifecycle<string> {
  return typeof value === "object" && value !== null && "initial" in value && "table" in value && "name" in value;
}
