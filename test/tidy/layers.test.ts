// The layer rules bite: every planted violation is found, a clean tree has none, and the real tree is read in full.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { code, packages, read, root } from "./repository.ts";

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

function cruise(cwd: string): Report {
  const program = join(root, "node_modules/.bin/depcruise");
  const argv = ["--no-progress", "--config", ".dependency-cruiser.mjs", "-T", "json", "packages"];
  const finished = spawnSync(program, argv, { cwd, encoding: "utf8", maxBuffer: 256 * 1024 * 1024 });
  if (finished.stdout === "") throw new Error(finished.stderr);
  return JSON.parse(finished.stdout) as Report;
}

/** File, its one import, and the rule that must refuse it. */
const PLANTED: readonly (readonly [path: string, specifier: string, rule: string])[] = [
  ["kernel/src/a.ts", "@starling/protocol", "kernel"],
  ["kernel/src/b.ts", "node:fs", "no-node-in-pure-code"],
  ["protocol/src/a.ts", "@starling/settlement", "protocol"],
  ["protocol/src/b.ts", "ethers", "protocol"],
  ["protocol/src/c.ts", "node:crypto", "no-node-in-pure-code"],
  ["settlement/src/a.ts", "@starling/node-kit", "settlement"],
  ["settlement/src/b.ts", "ethers", "vendor-ethers"],
  ["coordinator/src/core/a.ts", "../shell/node.ts", "core"],
  ["coordinator/src/core/b.ts", "@starling/node-kit", "core"],
  ["coordinator/src/core/c.ts", "node:crypto", "no-node-in-pure-code"],
  ["coordinator/src/core/d.ts", "@starling/worker-node/core", "core"],
  ["worker-node/src/core/a.ts", "@grpc/grpc-js", "core"],
  ["worker-node/src/shell/a.ts", "@starling/coordinator", "shell"],
  ["worker-node/src/shell/b.ts", "libp2p", "vendor-libp2p"],
  ["worker-node/src/shell/c.ts", "../core/inner.ts", "no-core-from-outside"],
  ["worker-node/src/shell/d.ts", "../../../protocol/src/index.ts", "no-foreign-source"],
  ["coordinator/src/shell/a.ts", "classic-level", "vendor-level"],
  ["coordinator/src/shell/b.ts", "./missing.ts", "resolvable"],
  ["node-kit/src/a.ts", "@starling/coordinator", "node-kit"],
  ["node-kit/src/b.ts", "ethers", "vendor-ethers"],
  ["node-kit/src/chain/a.ts", "@libp2p/interface", "vendor-libp2p"],
  ["node-kit/src/libp2p/a.ts", "@grpc/grpc-js", "vendor-grpc"],
  ["node-kit/src/journal/a.ts", "secp256k1", "vendor-secp256k1"],
  ["node-kit/src/c.ts", "./d-cycle.ts", "no-cycle"],
  ["simulator/src/a.ts", "@starling/node-kit", "simulator"],
  ["simulator/src/b.ts", "@starling/coordinator", "simulator"],
  ["simulator/src/c.ts", "node:fs", "no-node-in-pure-code"],
  ["sdk/src/a.ts", "@starling/node-kit", "sdk"],
  ["sdk/src/b.ts", "ethers", "vendor-ethers"],
  ["cli/src/a.ts", "@starling/worker-node", "cli"],
  ["cli/src/b.ts", "@grpc/grpc-js", "vendor-grpc"],
  ["owner/src/a.ts", "@starling/worker-node", "owner"],
  ["owner/src/b.ts", "ethers", "vendor-ethers"],
];

/** Imports that the arrows allow, so that a rule which refuses everything is noticed. */
const ALLOWED: readonly (readonly [path: string, specifier: string])[] = [
  ["protocol/src/ok.ts", "@starling/kernel"],
  ["settlement/src/ok.ts", "@starling/protocol"],
  ["coordinator/src/core/ok.ts", "@starling/settlement"],
  ["coordinator/src/shell/ok.ts", "@starling/node-kit"],
  ["coordinator/src/shell/ok-core.ts", "../core/index.ts"],
  ["coordinator/src/shell/ok-node.ts", "node:fs/promises"],
  ["node-kit/src/libp2p/ok.ts", "libp2p"],
  ["node-kit/src/chain/ok.ts", "ethers"],
  ["node-kit/src/grpc/ok.ts", "@grpc/grpc-js"],
  ["node-kit/src/journal/ok.ts", "classic-level"],
  ["simulator/src/ok.ts", "@starling/worker-node/core"],
  ["simulator/src/main.ts", "node:util"],
  ["sdk/src/ok.ts", "@grpc/grpc-js"],
  ["cli/src/ok.ts", "@starling/sdk"],
  ["owner/src/ok.ts", "@starling/node-kit"],
];

const VENDORS = ["ethers", "@grpc/grpc-js", "libp2p", "@libp2p/interface", "classic-level", "secp256k1"];

let folder = "";
let report: Report;

function plant(path: string, source: string): void {
  const target = join(folder, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, source);
}

/** A package whose manifest is the real one and whose source is one line; all packages see all others and all vendors. */
function plantPackage(name: string): void {
  plant(`packages/${name}/package.json`, read(`packages/${name}/package.json`));
  plant(`packages/${name}/src/index.ts`, "export const name = 1;\n");
  if (name === "coordinator" || name === "worker-node") {
    plant(`packages/${name}/src/core/index.ts`, 'export { inner } from "./inner.ts";\n');
    plant(`packages/${name}/src/core/inner.ts`, "export const inner = 1;\n");
    plant(`packages/${name}/src/shell/node.ts`, "export const node = 1;\n");
  }
  mkdirSync(join(folder, "node_modules/@starling"), { recursive: true });
  symlinkSync(join(folder, "packages", name), join(folder, "node_modules/@starling", name));
}

beforeAll(() => {
  mkdirSync(join(root, ".build"), { recursive: true });
  folder = mkdtempSync(join(root, ".build/layers-"));
  for (const path of [".dependency-cruiser.mjs", "tsconfig.base.json", "tsconfig.tools.json"]) {
    cpSync(join(root, path), join(folder, path));
  }
  plant("package.json", read("package.json"));
  for (const name of packages) plantPackage(name);
  for (const vendor of VENDORS) {
    plant(`node_modules/${vendor}/package.json`, `{ "name": "${vendor}", "version": "1.0.0", "main": "index.js" }`);
    plant(`node_modules/${vendor}/index.js`, "export const vendor = 1;\n");
  }
  for (const [path, specifier] of [...PLANTED, ...ALLOWED]) {
    plant(`packages/${path}`, `import "${specifier}";\n`);
  }
  plant("packages/node-kit/src/d-cycle.ts", 'import "./c.ts";\n');
  report = cruise(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function rulesBrokenBy(path: string): readonly string[] {
  return report.summary.violations
    .filter((violation) => violation.from === `packages/${path}`)
    .map((violation) => violation.rule.name);
}

describe("layers", () => {
  test.each(PLANTED)("%s may not import %s", (path, _specifier, rule) => {
    expect(rulesBrokenBy(path)).toContain(rule);
  });

  test.each(ALLOWED)("%s may import %s", (path) => {
    expect(rulesBrokenBy(path)).toEqual([]);
  });

  test("every source file of the real tree is read", () => {
    const sources = code.filter((path) => /^packages\/[^/]+\/src\//.test(path) && !path.endsWith(".d.ts"));
    expect(packages.length).toBeGreaterThanOrEqual(9);
    expect(cruise(root).summary.totalCruised).toBeGreaterThanOrEqual(sources.length);
  });
});
