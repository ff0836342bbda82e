// The job document: what is read, and that everything wrong is named with its path and a way out.
import { itemAt, type JobDocument, parseJobDocument, taskCount } from "@starling/protocol";
import { describe, expect, test } from "vitest";

const SMALLEST = "version: 1\nrun: {wasm: ./count.wasm}\n";

function read(text: string): JobDocument {
  const outcome = parseJobDocument(text);
  if (!outcome.ok) throw new Error(outcome.problems.map(({ path, message }) => `${path}: ${message}`).join("\n"));
  return outcome.document;
}

function problems(text: string): string[] {
  const outcome = parseJobDocument(text);
  return outcome.ok ? [] : outcome.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe("checkpoints", () => {
  const PROCESS_ONLY = "version: 1\nrun: {process: {program: ./train.py}}\n";
  test("have room, a pace and a grace, each with a default, in the map step alone", () => {
    expect(read(PROCESS_ONLY).map.checkpoint).toBeNull();
    const usual = { bytes: 64 * 1024 * 1024, everyMs: 30_000, graceMs: 10_000 };
    expect(read(`${PROCESS_ONLY}checkpoint: {}`).map.checkpoint).toEqual(usual);
    const reduce = "outputs: {a: a}\nreduce: {run: {wasm: r.wasm}}\n";
    const document = read(`${PROCESS_ONLY}${reduce}checkpoint: {maxSize: 1Mi, every: 5s, grace: 0s}`);
    expect(document.map.checkpoint).toEqual({ bytes: 1024 * 1024, everyMs: 5_000, graceMs: 0 });
    expect(document.reduce?.checkpoint).toBeNull();
  });

  test.each([
    [`${SMALLEST}checkpoint: {}`, "checkpoint: only processes without a root of their own keep checkpoints"],
    [`${PROCESS_ONLY}checkpoint: 10s`, "checkpoint: must be a map such as {maxSize: 64Mi"],
    [`${PROCESS_ONLY}checkpoint: {size: 1Mi}`, 'checkpoint.size: there is no key "size" in checkpoint'],
    [`${PROCESS_ONLY}checkpoint: {maxSize: 1Gi}`, "checkpoint.maxSize: "],
    [`${PROCESS_ONLY}checkpoint: {grace: 10m}`, "checkpoint.grace: "],
  ])("%j is refused", (text, problem) => {
    expect(problems(text)).toEqual([expect.stringContaining(problem)]);
  });
});

describe("times", () => {
  test("a timeout that somebody wrote must end before the job's deadline; the usual one is a cap alone", () => {
    expect(problems(`${SMALLEST}deadline: 5m`)).toEqual([]);
    expect(problems(`${SMALLEST}deadline: 5m\ntimeout: 5m`)).toEqual([]);
    expect(problems(`${SMALLEST}deadline: 5m\ntimeout: 6m`)).toEqual([
      expect.stringMatching(/^timeout: is longer than the job's deadline/),
    ]);
    const reduce = "outputs: {a: a}\nreduce: {run: {wasm: r.wasm}, outputs: {b: b}, timeout: 6m}";
    expect(problems(`${SMALLEST}deadline: 5m\n${reduce}`)).toEqual([expect.stringMatching(/^reduce\.timeout: /)]);
  });
});

describe("a document that is right", () => {
  test("is short: everything else has a default", () => {
    const document = read(SMALLEST);
    expect(document.map.run).toEqual({
      engine: "wasm",
      program: { kind: "path", path: "./count.wasm" },
      args: [],
      env: {},
    });
    expect(document.each).toEqual({ kind: "single" });
    expect(document.trust).toBe("quorum");
    expect(document.deadlineMs).toBe(3_600_000);
    expect(document.budget).toEqual({ max: null, perTask: 10_000n });
    expect(document.map.needs).toEqual({ cpuCores: 1, memoryBytes: 268_435_456, diskBytes: 268_435_456, gpu: null });
  });

  test("may say everything", () => {
    const document = read(`
version: 1
name: digits sweep
labels: {team: vision}
run:
  wasm: ./train.wasm
  args: ["--lr=\${item.lr}", "--part", "\${item.part}", 7]
  env: {SEED_OF: "\${seed}"}
class: wasm
needs: {cpu: 2, mem: 1Gi, disk: 4Gi, net: none}
inputs: {digits: ./digits.csv, prior: "cid:${"a".repeat(64)}"}
each:
  matrix: {lr: [0.1, 1e-3, fast], part: {range: [0, 2]}}
  exclude: [{lr: fast, part: 1}]
outputs: {score: score.json}
reduce: {run: {wasm: ./best.wasm}, outputs: {best: best.json}, timeout: 30s, limits: {fuel: 9000000000, nan: canonical}}
trust: strong
budget: {max: 12 USD, perTask: "0.05 USD"}
deadline: 2h
timeout: 5m
priority: urgent
retry: {max: 3}
seed: 42
referees: ["0xABCDEFabcdefABCDEFabcdefabcdefabcdefabcd"]
`);
    expect(taskCount(document.each)).toBe(8);
    expect(itemAt(document.each, 0)).toEqual({ "item.lr": "0.1", "item.part": "0" });
    expect(itemAt(document.each, 3)).toEqual({ "item.lr": "0.001", "item.part": "0" });
    expect(document.map.run.args[3]).toBe("7");
    expect(document.inputs[1]).toEqual({ name: "prior", source: { kind: "cid", cid: `cid:${"a".repeat(64)}` } });
    expect(document.reduce?.timeoutMs).toBe(30_000);
    expect(document.reduce?.fuel).toBe(9_000_000_000);
    expect(document.reduce?.nan).toBe("canonical");
    expect(document.map).toMatchObject({ fuel: null, nan: "any" });
    expect(document.budget).toEqual({ max: 12_000_000n, perTask: 50_000n });
    expect(document.referees).toEqual([`0x${"abcdefabcdef".repeat(3)}abcd`]);
    expect(document.retryMax).toBe(3);
  });

  test("may be JSON", () => {
    expect(read(JSON.stringify({ version: 1, run: { wasm: "a.wasm" }, each: { range: [1, 3] } })).each).toEqual({
      kind: "range",
      first: 1,
      last: 3,
    });
  });
});

describe("an unknown key", () => {
  test("is an error that names the nearest known one and its path", () => {
    expect(problems(`${SMALLEST}buget: {max: 1 USD}`)).toEqual([
      'buget: there is no key "buget"; did you mean "budget"?',
    ]);
    expect(problems(`${SMALLEST}needs: {gpu: {vran: 8Gi}}`)).toEqual([
      'needs.gpu.vran: there is no key "vran" in needs.gpu; did you mean "vram"?',
    ]);
    expect(problems(`${SMALLEST}zzzzzzzzz: 1`)[0]).toContain("known are version, name, labels");
    expect(problems("version: 1\nrun: {wasm: a, constructor: 1}")[0]).toContain('there is no key "constructor" in run');
  });
});

describe("a part that is not there yet", () => {
  test.each([
    ["steps: {a: {run: {wasm: a}}}", "steps", "submit one job for each step"],
    ["after: [a]", "after", "submit one job for each step"],
    ["rounds: {count: 2}", "rounds", "submit one job for each round"],
    ["serve: {port: 1}", "serve", "submit a job that ends"],
    ["place: {regions: [eu]}", "place", "say what a task needs"],
    ["data: {secret: true}", "data", "do not submit secrets"],
    ["confirm: {top: 1}", "confirm", "trust: strong"],
    ["each: {shard: {of: x, rows: 5}}", "each.shard", "each.range"],
    ["each: {items: x}", "each.items", "each.matrix"],
    ["each: {matrix: {a: [1]}, halving: {eta: 3}}", "each.halving", "each.matrix"],
    ["retry: {maxFailed: 1%}", "retry.maxFailed", "every task must succeed"],
    ["reduce: {run: {wasm: a}, tree: 32}", "reduce.tree", "one task reads all outputs"],
  ])("%s is refused with what to use instead", (part, path, instead) => {
    const found = problems(`${SMALLEST}${part}`);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`${path}: `);
    expect(found[0]).toContain("not there yet");
    expect(found[0]).toContain(instead);
  });

  test.each([
    ["run: {image: a@sha256:b}", "run.image"],
    ["run: {command: [ls]}", "run.command"],
    ["run: {builtin: llm.generate, args: {model: m}}", "run.builtin"],
  ])("%s is refused once, not once more for the missing wasm", (run, path) => {
    const found = problems(`version: 1\n${run}`);
    expect(found[0]).toContain(`${path}: `);
    expect(found.join()).not.toContain("is missing");
  });

  test.each([
    ["trust: checked", "fingerprints of what a model computed; use quorum"],
    ["trust: {verify: 2}", "checks by fingerprint are not there yet"],
    ["outputs: {a: a}\ntrust: {compare: fingerprint}", "fingerprints are not there yet; name bounds"],
    ["class: tpu", "must be wasm, cpu, cpu-image"],
    ["class: gpu", "class: must be wasm with run.wasm"],
    ["needs: {gpu: {}}", "needs.gpu: only containers have GPUs: use run.image"],
    ["needs: {net: full}", "no network"],
    ["inputs: {a: s3://b/c}", "s3: sources are not there yet"],
    ["inputs: {a: https://x/y}", "https: sources are not there yet"],
    [`inputs: {a: "\${steps.x.out.y}"}`, "outputs of other steps are not there yet"],
    ["each: {matrix: {a: {logspace: [1, 2, 3]}}}", "logspace is not there yet; list the values"],
  ])("%s is refused", (part, message) => {
    expect(problems(`${SMALLEST}${part}`).join("\n")).toContain(message);
  });
});

describe("an image", () => {
  const IMAGE = "version: 1\nrun: {image: {archive: ./image.tar}, args: [--fast]}\n";

  test("is a program of a class of its own, since it brings the libraries that it computes with", () => {
    const { map } = read(IMAGE);
    const program = { kind: "path", path: "./image.tar" };
    expect(map).toMatchObject({ runtimeClass: "cpu-image", run: { engine: "image", program, args: ["--fast"] } });
  });

  test("that needs a GPU is of a class of its own, or of that whose answers are compared within bounds", () => {
    const { map } = read(`${IMAGE}needs: {gpu: {vram: 16Gi, arch: [sm_80+]}}`);
    expect(map).toMatchObject({
      runtimeClass: "gpu",
      needs: { gpu: { count: 1, vramBytes: 2 ** 34, arch: ["sm_80+"] } },
    });
    expect(read(`${IMAGE}needs: {gpu: {}}\nclass: gpu-tolerant`).map.runtimeClass).toBe("gpu-tolerant");
  });

  test.each([
    [`${IMAGE}class: gpu`, "class: must be cpu-image with run.image; leave it out"],
    [`${IMAGE}needs: {gpu: {}}\nclass: cpu-image`, "class: must be gpu with run.image; leave it out"],
    [`${IMAGE}class: cpu`, "class: must be cpu-image with run.image; leave it out"],
    [`${IMAGE}limits: {fuel: 5}`, "limits.fuel: counts steps: only WebAssembly has that"],
    ["version: 1\nrun: {image: {archive: a}, process: {program: b}}", "run: has both process and image"],
  ])("%s is refused", (text, message) => {
    expect(problems(text).join("\n")).toContain(message);
  });
});

describe("a process", () => {
  const PROCESS = "version: 1\nrun: {process: {program: ./train.py}, args: [--fast]}\n";

  test("is a program of the class cpu, beside which others may be WebAssembly", () => {
    const { map, reduce } = read(`${PROCESS}outputs: {a: a}\nreduce: {run: {wasm: ./best.wasm}}`);
    expect(map.run).toEqual({
      engine: "process",
      program: { kind: "path", path: "./train.py" },
      args: ["--fast"],
      env: {},
    });
    expect([map.runtimeClass, reduce?.runtimeClass]).toEqual(["cpu", "wasm"]);
    expect(read(`${PROCESS}class: cpu`).map.runtimeClass).toBe("cpu");
  });

  test("with a root file system of its own is of the class cpu-root", () => {
    const { map } = read("version: 1\nrun: {process: {program: ./train.py, root: ./root.tar.gz}}\n");
    expect(map).toMatchObject({
      runtimeClass: "cpu-root",
      run: { engine: "process", root: { kind: "path", path: "./root.tar.gz" } },
    });
  });

  test.each([
    [`${PROCESS}class: wasm`, "class: must be cpu with run.process; leave it out"],
    [`${SMALLEST}class: cpu`, "class: must be wasm with run.wasm; leave it out"],
    [`${PROCESS}limits: {fuel: 5}`, "limits.fuel: counts steps: only WebAssembly has that"],
    [`${PROCESS}limits: {nan: canonical}`, "limits.nan: rewrites the program: only WebAssembly"],
    ["version: 1\nrun: {args: [x]}", "run.wasm: is missing: name a program here, or in run.process or run.image"],
    ["version: 1\nrun: {wasm: a, process: {program: b}}", "run: has both wasm and process"],
    ["version: 1\nrun: {process: ./train.py}", "run.process: must be a map such as {program: ./train.py}"],
    ["version: 1\nrun: {process: {programm: a}}", 'did you mean "program"?'],
    ["version: 1\nclass: cpu\nrun: {process: {program: a, root: b}}", "class: must be cpu-root with run.process.root"],
    ["version: 1\nrun: {wasm: a, root: b}", 'there is no key "root" in run'],
    [
      `${SMALLEST}outputs: {a: a}\nreduce: {run: {process: {program: a}}, limits: {fuel: 1}}`,
      "reduce.limits.fuel: counts steps",
    ],
  ])("%s is refused", (text, message) => {
    expect(problems(text).join("\n")).toContain(message);
  });
});

describe("a wrong value", () => {
  test.each([
    ["budget: {max: 12}", 'budget.max: "12" has no unit: write "12 USD"'],
    ["budget: {max: 12 EUR}", "budget.max: "],
    ["deadline: 90", 'deadline: "90" has no unit; the units are ms, s, m, h, d, as in "10m"'],
    ["timeout: 10min", 'timeout: "min" is not a unit of time'],
    ["timeout: 1ms", "timeout: must be from 1s to 86400s"],
    ["needs: {mem: 64MB}", 'needs.mem: "MB" is not a unit of size'],
    ["needs: {cpu: 0}", "needs.cpu: must be a whole number from 1 to 256"],
    ["limits: {fuel: 0}", "limits.fuel: must be a whole number from 1 to 9007199254740991"],
    ["limits: {fuel: 1.5}", "limits.fuel: must be a whole number"],
    ["limits: {nan: quiet}", "limits.nan: must be any (the default) or canonical"],
    ["limits: {steps: 5}", 'there is no key "steps" in limits'],
    ["needs: {cpu: many}", "needs.cpu: must be a whole number"],
    ["seed: 1.5", "seed: must be a whole number"],
    ["priority: now", "priority: must be urgent, normal or spare"],
    ["trust: triple", "trust: must be spot (one replica and a lottery of audits), quorum (two replicas, the default)"],
    ["outputs: {a: ../b}", "outputs.a: must stay below the output directory"],
    ["outputs: {a: /b}", "outputs.a: must stay below"],
    ["outputs: {a: x, b: x}", "outputs: two outputs have the same path"],
    ["outputs: {'a/b': x}", "outputs.a/b: the name is made of letters"],
    ["inputs: {a: cid:12}", 'inputs.a: "cid:" is followed by 64'],
    ["inputs: {a: 5}", "inputs.a: must be a local path or a cid:"],
    ["labels: {a: 1}", "labels.a: must be text; put it in quotes"],
    ["referees: [bob]", "referees[0]: must be an address"],
    ["each: {range: [5, 1]}", "each.range: the first number of a range is not above the last"],
    ["each: {range: [0, 1000000]}", "each: that makes 1000001 tasks; a job has at most 1000000"],
    ["each: {range: [0]}", "each.range: must be two whole numbers"],
    ["each: {matrix: {a: [1]}, range: [0, 1]}", "each.range: each has either a matrix or a range"],
    ["each: {}", "each: each has a matrix or a range"],
    ["each: {matrix: {a: []}}", "each.matrix.a: an axis has at least one value"],
    ["each: {matrix: {a: [1, 1]}}", 'each.matrix.a: the value "1" stands twice'],
    ["each: {matrix: {a: 5}}", "each.matrix.a: must be a list of values"],
    ["each: {matrix: {a: [1], b: [2]}, exclude: [{c: 1}]}", 'each.exclude[0].c: the matrix has no axis "c"'],
    [
      "each: {matrix: {model: [tiny]}, exclude: [{model: tinny}]}",
      'each.exclude[0].model: the axis has no value "tinny"; did you mean "tiny"?',
    ],
    ["each: {matrix: {a: [1]}, exclude: [{a: 1}]}", "each.exclude: every cell of the matrix is excluded"],
    ["reduce: {run: {wasm: a}}", "outputs: reduce has nothing to read"],
    [
      "inputs: {x: ./x}\noutputs: {x: x.json}\nreduce: {run: {wasm: a}}",
      "outputs.x: an input and an output can't share this name",
    ],
    ["reduce: {}", "reduce.run: is missing"],
  ])("%s is named", (part, message) => {
    expect(problems(`${SMALLEST}${part}`).join("\n")).toContain(message);
  });

  test("arguments that would not fit a lease are refused, variables at their longest", () => {
    const values = `each: {matrix: {a: ["${"x".repeat(250)}"]}}`;
    const args = Array.from({ length: 100 }, () => '"${item.a} ${item.a}"').join(", ");
    expect(problems(`version: 1\nrun: {wasm: a, args: [${args}]}\n${values}`).join()).toContain(
      "run.args: arguments and environment come to",
    );
  });

  test("several are named at once", () => {
    expect(problems("version: 2\nrun: {wasm: ''}\ndeadline: 5\nx: 1")).toHaveLength(4);
  });

  test("the huge matrix is refused without being counted", () => {
    const axes = ["a", "b", "c", "d"].map((axis) => `${axis}: {range: [0, 9999]}`).join(", ");
    expect(problems(`${SMALLEST}each: {matrix: {${axes}}}`).join()).toContain("that makes 10000000000000000 tasks");
  });
});

describe("templates", () => {
  const withArg = (arg: string, rest = "") =>
    problems(`version: 1\nrun: {wasm: a, args: ["${arg}"]}\n${rest}`).join("\n");

  test("with an unknown variable are named with the nearest known one", () => {
    expect(withArg("${item.lrr}", "each: {matrix: {lr: [1]}}")).toBe(
      'run.args[0]: there is no variable ${item.lrr} here; did you mean "item.lr"?',
    );
    expect(withArg("${shard.path}")).toContain("each.shard, which is not there yet");
    expect(withArg("${indx}")).toContain('did you mean "index"');
    expect(withArg("${index")).toContain("never closes it");
    expect(withArg("$${index} ${item}", "each: {range: [0, 1]}")).toBe("");
    expect(
      problems(
        `${SMALLEST}outputs: {a: a}\neach: {range: [0, 1]}\nreduce: {run: {wasm: a, args: ["\${item}"]}}`,
      ).join(),
    ).toContain("no meaning in reduce");
  });
});

describe("text that is no document", () => {
  test.each([
    ["", "must be a map"],
    ["- 1", "must be a map"],
    ["version: 1\nrun: {wasm: a", "line "],
    ["version: 1\nversion: 1\nrun: {wasm: a}", "line 2"],
    ["version: 1\n---\nversion: 1", "line "],
    [
      "a: &a [x, x]\nb: &b [*a, *a, *a]\nc: &c [*b, *b, *b, *b]\nd: &d [*c, *c, *c, *c]\ne: [*d, *d, *d, *d]",
      "aliases",
    ],
    ["x".repeat(600_000), "at most 512Ki"],
  ])("is refused (%#)", (text, message) => {
    expect(problems(text).join("\n")).toContain(message);
  });

  test("a key that would poison an object is a key like any other", () => {
    expect(problems(`${SMALLEST}labels: {__proto__: x}`).join()).toContain("labels");
    expect(problems(`${SMALLEST}__proto__: {x: 1}`).join()).toContain("there is no key");
  });
});
