// `trust` in a job document: its forms, its defaults, and what each wrong value is told.
import {
  canonicalJson,
  contentIdOfBytes,
  filesOf,
  type JobDocument,
  parseJobDocument,
  readJobSpec,
  specHash,
  type Trust,
  toJobSpec,
  trustTerms,
} from "@starling/protocol";
import { describe, expect, test } from "vitest";

const OUTPUTS = "version: 1\nrun: {wasm: a}\noutputs: {model: model.bin, metrics: metrics.json}\n";
const REDUCE = `${OUTPUTS}reduce: {run: {wasm: b}, outputs: {best: best.npy}}\n`;
const quorum = trustTerms("quorum");

function documentOf(text: string): JobDocument {
  const outcome = parseJobDocument(text);
  if (!outcome.ok) throw new Error(outcome.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return outcome.document;
}

function trustIn(trust: string, rest = OUTPUTS): Trust {
  return documentOf(`${rest}trust: ${trust}`).trust;
}

function problems(trust: string, rest = OUTPUTS): string[] {
  const outcome = parseJobDocument(`${rest}trust: ${trust}`);
  return outcome.ok ? [] : outcome.problems.map(({ path, message }) => `${path}: ${message}`);
}

function specOf(text: string) {
  const document = documentOf(text);
  const cid = contentIdOfBytes(new Uint8Array(1));
  return toJobSpec(document, new Map(filesOf(document).map(({ key }) => [key, { cid, size: 1 }])));
}

describe("trust", () => {
  test.each(["spot", "quorum", "strong"])("may be the level %s", (level) => {
    expect(trustIn(level)).toBe(level);
  });

  test("that is spelled out has the terms of quorum where it is silent", () => {
    expect(trustIn("{audit: 5%}")).toEqual({ ...quorum, auditPpm: 50_000 });
    expect(trustIn("{replicas: 4, value: 10x}")).toEqual({ ...quorum, replicas: 4, valueTimes: 10 });
  });

  test("of one replica has the audit rate of spot where it is silent", () => {
    expect(trustIn("{replicas: 1, value: 10x}")).toEqual({ ...trustTerms("spot"), valueTimes: 10 });
  });

  test("may start from a level", () => {
    expect(trustIn("{level: strong, audit: 0.5%}")).toEqual({ ...trustTerms("strong"), auditPpm: 5_000 });
    expect(trustIn("{level: spot, replicas: 2}")).toEqual({ ...quorum, auditPpm: 40_000 });
  });

  test("whose terms are those of a level is that level: one meaning has one digest", () => {
    expect(trustIn("{}")).toBe("quorum");
    expect(trustIn("{replicas: 2, audit: 1%, distinct: [], value: 0x, compare: exact}")).toBe("quorum");
    expect(trustIn("{replicas: 1}")).toBe("spot");
    expect(trustIn("{replicas: 3, distinct: [hardware, subnet]}")).toBe("strong");
    expect(trustIn("{compare: {model: exact}}")).toBe("quorum");
  });

  test("always keeps operators distinct, and names distinctions in one order", () => {
    expect(trustIn("{distinct: [hardware]}")).toMatchObject({ distinct: ["operator", "hardware"] });
    expect(trustIn("{distinct: [subnet, operator, subnet]}")).toMatchObject({ distinct: ["operator", "subnet"] });
  });
});

describe("compare", () => {
  const f32 = { kind: "numeric", format: "f32", abs: 0, rel: 1e-4, l2: 1e-3 };
  const json = { kind: "numeric", format: "json", abs: 0, rel: 1e-6, l2: 0 };

  test("names comparators by output; other outputs are compared exactly", () => {
    const trust = "{compare: {model: {format: f32, rel: 1e-4, abs: 0, l2: 1e-3}, metrics: {format: json, rel: 1e-6}}}";
    expect(trustIn(trust)).toEqual({ ...quorum, compare: { model: f32, metrics: json } });
    expect(trustIn("{level: spot, compare: {metrics: {format: json, rel: 1e-6}, model: exact}}")).toEqual({
      ...trustTerms("spot"),
      compare: { metrics: json },
    });
  });

  test("may be one comparator for every output, of reduce too", () => {
    expect(trustIn("{compare: {format: json, rel: 1e-6}}", REDUCE)).toEqual({
      ...quorum,
      compare: { model: json, metrics: json, best: json },
    });
  });

  test.each([
    ["{compare: {format: f32}}", "trust.compare: has no bound above zero: nothing but equal bytes would pass"],
    ["{compare: {model: {format: f32, rel: 0}}}", "trust.compare.model: has no bound above zero"],
    ["{compare: {format: f32, rel: -1}}", "trust.compare.rel: must not be negative"],
    ["{compare: {format: f32, rel: 1}}", "trust.compare.rel: must be below 1: at 1 any answer would pass"],
    ["{compare: {format: f32, abs: .inf}}", "trust.compare.abs: must be finite"],
    ["{compare: {format: f32, l2: .nan}}", "trust.compare.l2: must be a number such as 1e-4"],
    [
      '{compare: {model: {format: f32, rel: "1e-4"}}}',
      "trust.compare.model.rel: must be a number such as 1e-4, without",
    ],
    [
      "{compare: {format: f16, rel: 1e-4}}",
      'trust.compare.format: must be one of f32, f64, npy, json; did you mean "f32"?',
    ],
    [
      "{compare: {format: exact, rel: 1e-4}}",
      "trust.compare.format: is not a format: for equal bytes write compare: exact",
    ],
    ["{compare: {rel: 1e-4}}", "trust.compare.format: is missing"],
    ["{compare: {format: f32, rell: 1e-4}}", 'trust.compare.rell: a comparator has no key "rell"; did you mean "rel"?'],
    [
      "{compare: {modle: {format: f32, rel: 1e-4}}}",
      'trust.compare.modle: there is no output "modle" to compare; did you mean "model"?',
    ],
    ["{compare: near}", 'trust.compare: "near" is not a comparator; write exact'],
    ["{compare: {model: near}}", 'trust.compare.model: "near" is not a comparator'],
    ["{compare: [1]}", "trust.compare: must be exact, a comparator"],
    ["{compare: {model: [1]}}", "trust.compare.model: must be exact or a comparator"],
  ])("%s is told what to write", (trust, message) => {
    expect(problems(trust).join("\n")).toContain(message);
  });

  test("without outputs compares nothing, which is said", () => {
    const bare = "version: 1\nrun: {wasm: a}\n";
    expect(problems("{compare: {format: f32, rel: 1e-4}}", bare)).toEqual([
      "trust.compare: there are no outputs to compare; name them in outputs, or leave compare out",
    ]);
    expect(problems("{compare: {model: {format: f32, rel: 1e-4}}}", bare)[0]).toContain("name it in outputs first");
  });

  test("does not take a member of every object for an output", () => {
    expect(problems("{compare: {constructor: {format: f32, rel: 1e-4}}}")[0]).toContain('no output "constructor"');
  });
});

describe("a wrong term", () => {
  test.each([
    ["{replicas: 0}", "trust.replicas: must be at least 1"],
    ["{replicas: 9}", "trust.replicas: must be at most 8: more replicas buy nothing"],
    ["{replicas: 1.5}", "trust.replicas: must be a whole number from 1 to 8"],
    ["{replicas: two}", "trust.replicas: must be a whole number"],
    ["{audit: 5}", 'trust.audit: "5" has no percent sign: write "5%"'],
    ["{audit: -1%}", 'trust.audit: "-1%" is not a percentage'],
    ["{audit: 101%}", "trust.audit: "],
    ["{audit: 0.00001%}", "is finer than 0.0001%"],
    ["{replicas: 1, audit: 0.4%}", "trust.audit: 0.4% is below 0.5%, the least with one replica: a cheater would wait"],
    ["{audit: 0%}", "trust.audit: 0% is below 0.1%, the least with replicas"],
    ["{value: 10}", 'trust.value: "10" has no unit: write "10x"'],
    ["{value: -1x}", 'trust.value: "-1x" is not a multiple of the price'],
    ["{value: 2000000x}", "trust.value: must be from 0x to 1000000x"],
    ["{distinct: operator}", "trust.distinct: must be a list such as [operator, subnet]"],
    ["{distinct: [subnets]}", 'trust.distinct[0]: must be operator, subnet, hardware; did you mean "subnet"?'],
    ["{level: checked}", "trust.level: must be spot, quorum, strong"],
    ["{repicas: 2}", 'trust.repicas: there is no key "repicas" in trust; did you mean "replicas"?'],
    ["[quorum]", "trust: must be spot"],
    ["2", "or a map such as {replicas: 2, audit: 5%}"],
  ])("%s is told what to write", (trust, message) => {
    expect(problems(trust).join("\n")).toContain(message);
  });
});

describe("trust in a canonical spec", () => {
  const text = `${REDUCE}trust: {replicas: 3, audit: 5%, value: 10x, compare: {best: {format: npy, l2: 1e-3}}}`;
  const spec = specOf(text);

  test("survives JSON with its bounds and its digest", () => {
    const read = readJobSpec(JSON.parse(canonicalJson(spec)));
    expect(read).toEqual({ ok: true, value: spec });
    expect(read.ok && specHash(read.value)).toBe(specHash(spec));
    expect(specHash(specOf(text.replace("1e-3", "2e-3")))).not.toBe(specHash(spec));
  });

  test("of a stranger is checked field by field", () => {
    const trust = trustTerms(spec.trust);
    const npy = { kind: "numeric", format: "npy", abs: 0, rel: 0, l2: 1e-3 };
    const bad: [unknown, string][] = [
      [null, "trust"],
      [{ ...trust, replicas: 9 }, "trust.replicas"],
      [{ ...trust, auditPpm: 999 }, "trust.auditPpm: must be at least 1000 (0.1%)"],
      [{ ...trust, replicas: 1, auditPpm: 4_999 }, "trust.auditPpm: must be at least 5000"],
      [{ ...trust, auditPpm: 1.5 }, "trust.auditPpm"],
      [{ ...trust, valueTimes: -1 }, "trust.valueTimes"],
      [{ ...trust, distinct: ["subnet", "operator"] }, "trust.distinct: names operator"],
      [{ ...trust, distinct: ["subnet"] }, "trust.distinct: names operator"],
      [{ ...trust, extra: 1 }, "trust"],
      [quorum, "trust: is written quorum"],
      [{ ...trust, compare: { nope: npy } }, "trust.compare: there is no output nope"],
      [{ ...trust, compare: { best: { kind: "exact" } } }, "trust.compare.best.kind"],
      [{ ...trust, compare: { best: { ...npy, l2: 0 } } }, "trust.compare.best: has no bound above zero"],
      [{ ...trust, compare: { best: { ...npy, rel: 1 } } }, "trust.compare.best.rel: must be below 1"],
      [{ ...trust, compare: { best: { ...npy, abs: -1 } } }, "trust.compare.best.abs: must not be negative"],
      [{ ...trust, compare: { best: { ...npy, format: "f16" } } }, "trust.compare.best.format"],
    ];
    for (const [found, message] of bad) {
      const read = readJobSpec({ ...spec, trust: found });
      expect(read.ok ? "" : read.problem).toContain(message);
    }
  });
});
