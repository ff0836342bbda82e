// Everything that is checked about the contracts: `node contracts/script/test.ts [--full] [--update]`.
// `--full` adds long fuzz and invariant campaigns and the planted bugs; `--update` accepts new gas figures and storage layouts.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { contractsDir, runForge } from "./forge.ts";

const isFull = process.argv.includes("--full");
const isUpdate = process.argv.includes("--update");

function script(name: string, ...args: readonly string[]): number {
  const path = join(contractsDir, "script", name);
  return spawnSync(process.execPath, [path, ...args], { stdio: "inherit" }).status ?? 1;
}

/** By default fuzzing repeats itself; a campaign looks for something new, and says how to see it again. */
function campaignSeed(): string {
  const seed = `0x${randomBytes(32).toString("hex")}`;
  process.stdout.write(`contracts: campaign seed ${seed} (repeat with forge test --fuzz-seed)\n`);
  return seed;
}

/** A second linter, with rules about security; .solhint.json says which rules are off. It is told not to look for a newer version. */
function solhint(): number {
  const program = createRequire(import.meta.url).resolve("solhint/solhint.js");
  const argv = [program, "--disc", "--noPoster", "--max-warnings", "0", "src/**/*.sol"];
  return spawnSync(process.execPath, argv, { cwd: contractsDir, stdio: "inherit" }).status ?? 1;
}

interface Step {
  readonly name: string;
  readonly run: () => number;
}

const steps: readonly Step[] = [
  { name: "generated bindings are fresh", run: () => script("check-generated.ts") },
  { name: "vectors are what ethers computes", run: () => script("vectors.ts", "--check") },
  { name: "the bridge names the installed compiler", run: () => script("check-compiler.ts") },
  { name: "format", run: () => runForge(["fmt", "--check"]) },
  {
    name: "lint",
    // In folders of its own: after a lint run forge takes its artifacts for complete, and finds no tests.
    run: () =>
      runForge(["lint", "--deny", "warnings"], {
        env: { FOUNDRY_OUT: "out/lint", FOUNDRY_CACHE_PATH: "cache/lint" },
        quiet: true,
      }),
  },
  { name: "solhint", run: solhint },
  {
    name: isUpdate ? "tests, with new gas figures" : "tests, and gas as committed in snapshots/",
    run: () =>
      runForge(["test", ...(isFull ? ["--fuzz-seed", campaignSeed()] : [])], {
        env: {
          ...(isFull ? { FOUNDRY_PROFILE: "full" } : {}),
          ...(isUpdate ? {} : { FORGE_SNAPSHOT_CHECK: "true" }),
        },
      }),
  },
  { name: "storage layout", run: () => script("layout.ts", ...(isUpdate ? [] : ["--check"])) },
  ...(isFull ? [{ name: "invariants find planted bugs", run: () => script("mutants.ts") }] : []),
];

function main(): void {
  for (const { name, run } of steps) {
    const startedAt = performance.now();
    const code = run();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    process.stdout.write(`contracts: ${name}: ${code === 0 ? "ok" : "FAILED"} (${seconds} s)\n`);
    if (code !== 0) {
      process.exitCode = 1;
      return;
    }
  }
}

main();
