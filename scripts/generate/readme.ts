// The generated parts of the packages' READMEs, between `<!-- generated:NAME -->` and `<!-- /generated:NAME -->`.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { example } from "./example.ts";
import { fileTable } from "./file-table.ts";
import type { GeneratedFile, Generator } from "./generated-file.ts";
import { lifecycleDiagrams } from "./lifecycle-diagrams.ts";

/** Makes the text of one part for the package in this folder. */
type Part = (folder: string) => Promise<string>;

const PARTS: Readonly<Record<string, Part>> = { example, files: fileTable, lifecycles: lifecycleDiagrams };

const MARKED = /<!-- generated:([\w-]+) -->\n[\s\S]*?<!-- \/generated:\1 -->/g;

/** Every README of a package that has markers. */
export const readme: Generator = {
  name: "readme",
  owns: [],
  async run(root) {
    const folders = (await readdir(join(root, "packages"))).sort().map((name) => `packages/${name}`);
    const made: GeneratedFile[] = [];
    for (const folder of folders) {
      const path = `${folder}/README.md`;
      const text = await readFile(join(root, path), "utf8").catch(() => null);
      if (text !== null) made.push({ path, content: await fill(text, join(root, folder)) });
    }
    return made;
  },
};

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
