// The example of a package's README: a test that is compiled and run like any other.
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The code of `test/readme-example.test.ts` without its line of purpose, as a block of code. */
export async function example(folder: string): Promise<string> {
  const text = await readFile(join(folder, "test/readme-example.test.ts"), "utf8");
  return `\`\`\`ts\n${text.replace(/^\/\/.*\n/, "").trim()}\n\`\`\``;
}
