// The stages of the test run, in order: the cheap ones that fail most often come first.
import { randomInt } from "node:crypto";
import type { Stage } from "./stage.ts";

const MINUTE_MS = 60_000;
// Bounds on hanging, with room for a machine that is busy with other work.
const LIMIT_MS = 15 * MINUTE_MS;
const LIMIT_FULL_MS = 90 * MINUTE_MS;
const SEEDS = 200;
const SEEDS_FULL = 2_000;

/** All stages; `full` means more seeds and more fuzzing, for a nightly run. Every one of them is required. */
export function stages(full: boolean): readonly Stage[] {
  return [...staticStages(), ...testStages(full), ...systemStages(full)];
}

function check(name: string, shows: string, argv: readonly string[]): Stage {
  const script = argv[0] === process.execPath ? argv.slice(1, 2) : [];
  return { name, shows, needs: script, argv, counting: "check", limitMs: LIMIT_MS };
}

function staticStages(): readonly Stage[] {
  return [
    check("lint", "format and lint", ["biome", "ci", "--colors=off", "--max-diagnostics=100", "."]),
    check("types", "types of all packages; pure code sees no ambient effect", ["tsc", "-b", "--pretty", "false"]),
    check("layers", "the arrows between packages", [
      "depcruise",
      "--no-progress",
      "--config",
      ".dependency-cruiser.mjs",
      "packages",
    ]),
    check("dead-code", "every file, export and dependency is used", ["knip", "--no-progress"]),
    check("generated", "generated code and documents are fresh", [process.execPath, "scripts/check-generated.ts"]),
  ];
}

function vitest(name: string, shows: string, folder: string): Stage {
  const report = `.build/test-logs/${name}.json`;
  const argv = ["vitest", "run", "--project", name, "--reporter=default", "--reporter=json", `--outputFile=${report}`];
  return { name, shows, needs: [folder], argv, counting: "vitest", limitMs: LIMIT_MS };
}

// Whole networks: each has ports and folders of its own and mostly waits for blocks, so that three fit on two cores.
function networks(name: string, shows: string, folder: string): Stage {
  const stage = vitest(name, shows, folder);
  return { ...stage, argv: [...stage.argv, "--maxWorkers=3"] };
}

function testStages(full: boolean): readonly Stage[] {
  return [
    vitest("tidy", "rules of the repository that no linter knows", "test/tidy"),
    {
      ...vitest("unit", "unit, property and compliance tests of the packages", "packages"),
      limitMs: full ? LIMIT_FULL_MS : LIMIT_MS,
    },
  ];
}

function systemStages(full: boolean): readonly Stage[] {
  const first = randomInt(1, 2 ** 31);
  const simulator = "packages/simulator/src/main.ts";
  const contracts = "contracts/script/test.ts";
  return [
    {
      name: "simulation",
      shows: `${full ? SEEDS_FULL : SEEDS} fresh seeds from ${first}`,
      needs: [simulator],
      argv: [process.execPath, simulator, "--seed", `${first}`, "--seeds", `${full ? SEEDS_FULL : SEEDS}`],
      counting: "totals",
      tells: ["seeds ", "faults: "],
      limitMs: full ? LIMIT_FULL_MS : LIMIT_MS,
    },
    {
      name: "contracts",
      shows: "Solidity unit, fuzz and invariant tests",
      needs: [contracts],
      argv: [process.execPath, contracts, ...(full ? ["--full"] : [])],
      counting: "forge",
      limitMs: full ? LIMIT_FULL_MS : LIMIT_MS,
    },
    vitest("integration", "real libp2p, Level and a local chain", "test/integration"),
    {
      ...networks("crash", "processes killed between commit and effect", "test/crash"),
      limitMs: full ? LIMIT_FULL_MS : LIMIT_MS,
    },
    networks("e2e", "the whole network as processes", "test/e2e"),
  ];
}
