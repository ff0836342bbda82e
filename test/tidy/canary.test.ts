// The purity check bites: in each pure program every ambient effect must fail to compile.
import { describe, expect, test } from "vitest";
import { probe } from "./pure-program.ts";

const PURE = [
  "packages/kernel/tsconfig.json",
  "packages/protocol/tsconfig.json",
  "packages/settlement/tsconfig.json",
  "packages/coordinator/src/core/tsconfig.json",
  "packages/worker-node/src/core/tsconfig.json",
  "packages/simulator/tsconfig.json",
];

const AMBIENT = [
  "setTimeout",
  "setInterval",
  "queueMicrotask",
  "process",
  "fetch",
  "console",
  "crypto",
  "performance",
  "Buffer",
  "AbortController",
  "WebSocket",
  "require",
];

const CANARY = AMBIENT.map((name) => `export const ${name}Canary: unknown = ${name};`).join("\n");
const CLOSED = ["@grpc/grpc-js", "libp2p", "@libp2p/interface", "classic-level", "node:crypto", "node:fs"];

describe.each(PURE)("%s", (project) => {
  test("no ambient effect compiles, and no type file brings one in", () => {
    const { errors, leaks } = probe(project, CANARY);
    for (const name of AMBIENT) expect(errors.filter((error) => error.includes(`'${name}'`))).toHaveLength(1);
    expect(leaks).toEqual([]);
  });

  test("no type of a vendor or of Node can be imported", () => {
    const imports = CLOSED.map((name, index) => `import type * as vendor${index} from "${name}";`);
    const { errors } = probe(project, `${imports.join("\n")}\nexport {};\n`);
    for (const name of CLOSED) expect(errors.filter((error) => error.includes(`'${name}'`))).toHaveLength(1);
  });
});

describe("the check itself", () => {
  test("the same effects compile where they are allowed", () => {
    expect(probe("packages/node-kit/tsconfig.json", CANARY).errors).toEqual([]);
  });

  // The types of ethers refer to those of Node, which switches the purity of a whole program off without an error.
  test("a type of ethers in a core is noticed", () => {
    const smuggled = `import type * as vendor from "ethers";\n${CANARY}`;
    const { leaks } = probe("packages/worker-node/src/core/tsconfig.json", smuggled);
    expect(leaks.length).toBeGreaterThan(0);
  });
});
