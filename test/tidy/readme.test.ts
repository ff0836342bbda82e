// Each package explains itself: a README whose file table is generated, so that no file is missing from it.
import { describe, expect, test } from "vitest";
import { files, packages, read } from "./repository.ts";

describe.each(packages)("packages/%s", (name) => {
  const path = `packages/${name}/README.md`;

  test("has a README with a generated table of its files", () => {
    expect(files).toContain(path);
    expect(read(path)).toContain("<!-- generated:files -->");
    expect(read(path)).toContain("<!-- /generated:files -->");
  });

  test("names every source file", () => {
    const text = files.includes(path) ? read(path) : "";
    const sources = files.filter((file) => file.startsWith(`packages/${name}/src/`) && file.endsWith(".ts"));
    const missing = sources
      .filter((file) => !file.includes("/generated/"))
      .filter((file) => !text.includes(`\`${file.slice(`packages/${name}/src/`.length)}\``));
    expect(missing).toEqual([]);
  });
});
