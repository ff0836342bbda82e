// Images by name and digest: what is one, in which words everything else is refused, and that its file and its name are one thing.
import { describe, expect, test } from "vitest";
import {
  contentIdOfBytes,
  formatImageName,
  imageNameFile,
  parseImageName,
  parseJobDocument,
  parseRepository,
  readJobSpec,
  type StepSpec,
  type TaskProgram,
  toJobSpec,
} from "../src/index.ts";
import { programFromWire, programToWire } from "../src/wire/task-codec.ts";

const digest = `sha256:${"a1".repeat(32)}`;
const text = `registry.example:5000/team/tool-kit@${digest}`;

function nameOf(of: string) {
  const read = parseImageName(of);
  if (!read.ok) throw new Error(read.problem);
  return read.value;
}

function problemOf(of: string): string {
  const read = parseImageName(of);
  if (read.ok) throw new Error("it was read");
  return read.problem;
}

function taskOf({ runtimeClass, program, args, env, outputs, limits }: StepSpec): TaskProgram {
  return { runtimeClass, program, args, env, outputs, limits, inputs: [], seed: 1 };
}

describe("the name of an image", () => {
  test.each([
    [text, { registry: "registry.example:5000", repository: "team/tool-kit", digest }],
    [`127.0.0.1:5000/a@${digest}`, { registry: "127.0.0.1:5000", repository: "a", digest }],
    [`localhost/a_b/c.d__e@${digest}`, { registry: "localhost", repository: "a_b/c.d__e", digest }],
  ])("%s", (of, parts) => {
    expect(nameOf(of)).toEqual(parts);
    expect(formatImageName(nameOf(of))).toBe(of);
  });

  test("without a digest says how to get it", () => {
    const words = problemOf("registry.example/tool:1.2");
    expect(words).toContain("Write registry.example/tool@sha256:...");
    expect(words).toContain(
      "docker pull registry.example/tool:1.2 && docker inspect --format '{{index .RepoDigests 0}}'",
    );
    expect(problemOf("registry.example:5000/tool")).toContain("docker pull registry.example:5000/tool:TAG");
  });

  test.each([
    [`registry.example/tool:1.2@${digest}`, 'leave out ":1.2"'],
    ["registry.example/tool@sha256:abc", "64 lower-case hexadecimal digits"],
    [`registry.example/tool@${digest}@${digest}`, "64 lower-case hexadecimal digits"],
    [`debian@${digest}`, "begin with the registry's host, as in registry.example/name"],
    [`library/debian@${digest}`, '"library" is no registry'],
    [`registry.example@${digest}`, "names a registry and no image"],
    [`registry.example/Tool@${digest}`, "is no repository"],
    [`registry.example/../a@${digest}`, "is no repository"],
    [`registry.example/a//b@${digest}`, "is no repository"],
    [`https://registry.example/a@${digest}`, "is no registry"],
    [`user@registry.example/a@${digest}`, "64 lower-case"],
    [`registry.example/${"a".repeat(300)}@${digest}`, "has more than 255 characters"],
  ])("%s is refused", (of, words) => expect(problemOf(of)).toContain(words));

  test("a registry alone, and the beginning of a repository, are places", () => {
    expect(parseRepository("registry.example")).toMatchObject({ ok: true, value: { repository: "" } });
    expect(parseRepository("registry.example/team")).toMatchObject({ ok: true, value: { repository: "team" } });
    expect(parseRepository("registry.example/team:1")).toMatchObject({ ok: false });
  });
});

describe("a job of an image that is pulled", () => {
  const document = parseJobDocument(`version: 1\nrun: {image: "${text}"}\n`);
  if (!document.ok) throw new Error(JSON.stringify(document.problems));
  const { cid, size, bytes } = imageNameFile(nameOf(text));
  const spec = toJobSpec(document.document, new Map([["run", { cid, size }]]));

  test("names the image in place of a file, which has its name in it", () => {
    expect(document.document.map.run.program).toEqual({ kind: "image", name: nameOf(text) });
    expect(spec.map).toMatchObject({ runtimeClass: "cpu-image", program: { name: text, cid, size } });
    expect(Buffer.from(bytes).toString()).toBe(`${text}\n`);
    expect(cid).toBe(contentIdOfBytes(bytes));
    expect(readJobSpec(spec)).toMatchObject({ ok: true });
  });

  test("is refused by coordinators and workers where name and content are not one, or nobody could run it", () => {
    const changed = (program: object, more: object = {}) => ({
      ...spec,
      map: { ...spec.map, program: { ...spec.map.program, ...program }, ...more },
    });
    const bad: readonly (readonly [ReturnType<typeof changed>, string])[] = [
      [changed({ cid: contentIdOfBytes(new Uint8Array(1)) }), "not the file that stands for"],
      [changed({ size: size + 1 }), "not the file that stands for"],
      [changed({ name: text.replace("team", "others") }), "not the file that stands for"],
      [changed({ name: "registry.example/a@sha256:1" }), "hexadecimal digits"],
      [changed({}, { runtimeClass: "wasm" }), "which class wasm can't run"],
    ];
    for (const [one, words] of bad) {
      expect(readJobSpec(one)).toMatchObject({ ok: false, problem: expect.stringContaining(words) });
      const wire = programToWire(taskOf(one.map));
      expect(() => programFromWire(wire, "task")).toThrow(words);
    }
    expect(programFromWire(programToWire(taskOf(spec.map)), "task").program).toEqual(spec.map.program);
  });

  test.each([
    ['run: {image: "registry.example/tool:1"}', "run.image: is not pinned"],
    ["run: {image: debian}", "run.image: is not pinned"],
    ["run: {image: 7}", "run.image: must be an image's name with its digest"],
    ["run: {image: {}}", "run.image.archive: is missing: it must be a local path"],
    ["run: {image: {archive: a, b: c}}", 'there is no key "b" in run.image'],
  ])("%s is refused", (line, words) => {
    const read = parseJobDocument(`version: 1\n${line}\n`);
    const problems = read.ok ? [] : read.problems.map(({ path, message }) => `${path}: ${message}`);
    expect(problems.join("\n")).toContain(words);
  });
});
