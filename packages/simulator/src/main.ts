// The simulator's command: runs seeds, prints each failing one with the command that replays it, and counts the faults that fired.
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { type FaultKind, faultKinds } from "./fault-plan.ts";
import { type RunReport, run } from "./run.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    seeds: { type: "string", default: "1" },
    workers: { type: "string", default: "8" },
    jobs: { type: "string", default: "3" },
    tasks: { type: "string", default: "24" },
    verbose: { type: "boolean", default: false },
  },
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

function wholeNumber(name: "seed" | "seeds" | "workers" | "jobs" | "tasks", text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  process.stderr.write(`--${name} takes a whole number, not "${text}"\n`);
  process.exit(64);
}

// Fresh seeds each time: what is found once becomes a scenario.
const first = values.seed === undefined ? randomInt(2 ** 40) : wholeNumber("seed", values.seed);
const seeds = wholeNumber("seeds", values.seeds);
const shape = {
  workers: wholeNumber("workers", values.workers),
  jobs: wholeNumber("jobs", values.jobs),
  tasksMax: wholeNumber("tasks", values.tasks),
};

const started = performance.now();
const fired = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>;
let failed = 0;
let turns = 0;
let accepted = 0;
const jobs: Record<string, number> = {};
print(
  `seeds ${first} to ${first + seeds - 1}, ${shape.workers} workers, ${shape.jobs} jobs of up to ${shape.tasksMax} tasks each`,
);
for (let seed = first; seed < first + seeds; seed += 1) {
  const report = run({ seed, ...shape, plantedBugs: new Set() });
  for (const kind of faultKinds) fired[kind] += report.fired[kind];
  for (const [state, count] of Object.entries(report.jobs)) jobs[state] = (jobs[state] ?? 0) + count;
  turns += report.turns;
  accepted += report.tasksAccepted;
  if (values.verbose)
    print(
      `seed ${seed}: ${report.events} events, ${report.turns} turns, ${report.tasksAccepted} tasks, ${JSON.stringify(report.jobs)}, ${report.virtualMs} virtual ms`,
    );
  if (report.broken.length > 0) {
    failed += 1;
    explain(report);
  }
}

function explain(report: RunReport): void {
  print(`seed ${report.seed} FAILED after ${report.turns} turns:`);
  for (const finding of report.broken) print(`  ${finding}`);
  print(
    `  replay: npm run sim -- --seed ${report.seed} --workers ${shape.workers} --jobs ${shape.jobs} --tasks ${shape.tasksMax}`,
  );
}

print(`faults: ${faultKinds.map((kind) => `${kind} ${fired[kind]}`).join(", ")}`);
print(
  `jobs: ${Object.entries(jobs)
    .map(([state, count]) => `${count} ${state}`)
    .join(", ")}; ${accepted} tasks accepted in ${turns} turns, ${Math.round(performance.now() - started)} ms`,
);
const silent = faultKinds.filter((kind) => fired[kind] === 0);
// A fault that never happened was never tested. A few seeds can't meet all of them.
const isBatch = seeds >= 50;
if (isBatch && silent.length > 0) print(`FAILED: these faults never fired: ${silent.join(", ")}`);
print(`${seeds - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || (isBatch && silent.length > 0) ? 1 : 0;
