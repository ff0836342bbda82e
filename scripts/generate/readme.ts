// The generated parts of the packages' READMEs, between `<!-- generated:NAME -->` and `<!-- /generated:NAME -->`.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { commandTable } from "./command-table.ts";
import { example } from "./example.ts";
import { fileTable } from "./file-table.ts";
import type { Generator } from "./generated-file.ts";
import { lifecycleDiagrams } from "./lifecycle-diagrams.ts";
import { optionTable } from "./option-table.ts";
import { policyConstants } from "./policy-constants.ts";

/** Makes the text of one part for the package in this folder. */
type Part = (folder: string) => Promise<string>;

const PARTS: Readonly<Record<string, Part>> = {
  commands: commandTable,
  example,
  files: fileTable,
  lifecycles: lifecycleDiagrams,
  options: optionTable,
  policy: policyConstants,
};

const MARKED = /<!-- generated:([\w-]+) -->\n[\s\S]*?<!-- \/generated:\1 -->/g;

/** The README of the package in this folder, for example `packages/kernel`. */
export function readme(folder: string): Generator {
  return {
    name: `${folder}/README.md`,
    owns: [],
    async run(root) {
      const path = `${folder}/README.md`;
      const text = await readFile(join(root, path), "utf8").catch(() => null);
      return text === null ? [] : [{ path, content: await fill(text, join(root, folder)) }];
    },
  };
}

async function fill(text: string, folder: string): Promise<string> {
  let filled = "";
  let end = 0;
  for (const found of text.matchAll(MARKED)) {
    const name = found[1] ?? "";
    const part = PARTS[name];
    if (part === undefined) throw new Error(`${folder}/README.md: no generator for the part "${name}"`);
    const body = `<!-- generated:${name} -->\n${(await part(folder)).trim()}\n<!-- /generated:${name} -->`;
    filled += text.slice(end, found.index) + body;
    end = found.index + found[0].length;
  }
  return filled + text.slice(end);
}
