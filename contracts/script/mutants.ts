// Plants each bug of the list in a copy of the contracts and demands that the invariants find it.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contractsDir, runForge } from "./forge.ts";
import { MUTANTS, type Mutant } from "./mutant-list.ts";

/** Only what the invariants need: compiling is most of the time. */
const COPIED = ["src", "test/support", "test/invariant", "foundry.toml", "solc.cjs"];

/** No planted bug is about gas, and optimizing is most of the compiler's time. */
const UNOPTIMIZED = { FOUNDRY_OPTIMIZER: "false" };

/** The first counterexample will do, unshrunk. Most bugs show soon; one that takes a rare course of events gets a long campaign. */
const CAMPAIGNS = [
  { FOUNDRY_INVARIANT_RUNS: "64", FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: "0" },
  { FOUNDRY_INVARIANT_RUNS: "512", FOUNDRY_INVARIANT_DEPTH: "250", FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT: "0" },
];

function plant(folder: string, mutant: Mutant): () => void {
  const path = join(folder, "src", mutant.file);
  const source = readFileSync(path, "utf8");
  if (source.split(mutant.find).length !== 2) throw new Error(`mutant "${mutant.name}" fits ${mutant.file} not once`);
  writeFileSync(path, source.replace(mutant.find, mutant.replace));
  return () => writeFileSync(path, source);
}

/** Whether the invariants notice the bug; throws where the mutant doesn't even compile, as that proves nothing. */
function isFound(folder: string, mutant: Mutant): boolean {
  const restore = plant(folder, mutant);
  try {
    const build = runForge(["build"], { folder, quiet: true, env: UNOPTIMIZED });
    if (build !== 0) throw new Error(`mutant "${mutant.name}" doesn't compile`);
    const args = ["test", "--match-contract", "InvariantsTest", "--fail-fast"];
    return CAMPAIGNS.some((env) => runForge(args, { folder, quiet: true, env: { ...env, ...UNOPTIMIZED } }) !== 0);
  } finally {
    restore();
  }
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), "starling-mutants-"));
  try {
    for (const name of COPIED) cpSync(join(contractsDir, name), join(folder, name), { recursive: true });
    symlinkSync(join(contractsDir, "node_modules"), join(folder, "node_modules"), "dir");
    const missed = MUTANTS.filter((mutant) => {
      const found = isFound(folder, mutant);
      process.stdout.write(`${found ? "found " : "MISSED"}  ${mutant.name}\n`);
      return !found;
    });
    process.stdout.write(
      `${MUTANTS.length - missed.length} of ${MUTANTS.length} planted bugs found by the invariants\n`,
    );
    if (missed.length > 0) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

main();
