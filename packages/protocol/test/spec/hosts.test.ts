// Hosts in a job: only containers reach them, and one set of hosts has one form.
import { parseJobDocument, readJobSpec, toJobSpec } from "@starling/protocol";
import { describe, expect, test } from "vitest";

const IMAGE = "version: 1\nrun: {image: {archive: ./image.tar}}\n";

function read(text: string) {
  const outcome = parseJobDocument(text);
  if (!outcome.ok) throw new Error(outcome.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return outcome.document;
}

function problems(text: string): string[] {
  const outcome = parseJobDocument(text);
  return outcome.ok ? [] : outcome.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe("a document", () => {
  test("names hosts in any order and case, and its spec in one", () => {
    const { hosts } = read(`${IMAGE}needs: {hosts: [B.example.org:443, a.example.org:80, b.example.org:443]}`).map
      .needs;
    expect(hosts).toEqual(["a.example.org:80", "b.example.org:443"]);
    expect(read(`${IMAGE}needs: {hosts: []}`).map.needs).not.toHaveProperty("hosts");
  });

  test.each([
    [`${IMAGE}needs: {hosts: [api.example.org]}`, "needs.hosts[0]: ", "has no port"],
    [`${IMAGE}needs: {hosts: api.example.org:443}`, "needs.hosts: ", "a list such as"],
    [`${IMAGE}needs: {hosts: [${Array.from({ length: 17 }, (_, i) => `h${i}.org:1`)}]}`, "needs.hosts: ", "at most 16"],
    ["version: 1\nrun: {wasm: a}\nneeds: {hosts: [a.org:1]}", "needs.hosts: ", "only containers"],
    ["version: 1\nrun: {process: {program: a}}\nneeds: {hosts: [a.org:1]}", "needs.hosts: ", "only containers"],
  ])("%j is refused", (text, path, message) => {
    const [problem] = problems(text);
    expect(problem).toContain(path);
    expect(problem).toContain(message);
  });
});

describe("a spec", () => {
  const cid = `cid:${"a".repeat(64)}` as const;
  const document = read(`${IMAGE}needs: {hosts: [a.org:1, b.org:2]}`);
  const spec = toJobSpec(document, new Map([["run", { cid, size: 1 }]]));
  const withHosts = (hosts: readonly string[], runtimeClass = "cpu-image") => ({
    ...spec,
    map: { ...spec.map, runtimeClass, needs: { ...spec.map.needs, hosts } },
  });

  test("keeps them", () => {
    expect(spec.map.needs.hosts).toEqual(["a.org:1", "b.org:2"]);
    expect(readJobSpec(spec)).toEqual({ ok: true, value: spec });
  });

  test.each([
    [withHosts([]), "needs.hosts"],
    [withHosts(["b.org:2", "a.org:1"]), "sorted"],
    [withHosts(["a.org:1", "a.org:1"]), "sorted"],
    [withHosts(["A.org:1"]), "one form"],
    [withHosts(["127.1:1"]), "one form"],
    [withHosts(["a.org:1"], "cpu"), "only containers"],
  ])("of another form is refused %#", (found, problem) => {
    expect(readJobSpec(found)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
  });
});
