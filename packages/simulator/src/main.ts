// The simulator's command: runs seeds, prints each failing one with the command that replays it, and counts the faults that fired.
import { randomInt } from "node:crypto";
import { type PlantedBug, plantedBugs } from "@starling/coordinator/core";
import { optionsOf, refuse, wholeNumber } from "./bin/command-line.ts";
import { seedOfTurn, seedsOfAllTurns } from "./cast.ts";
import { type AttackKind, attackKinds, faultKinds } from "./fault-plan.ts";
import { milestones } from "./milestones.ts";
import type { RunReport } from "./play.ts";
import { run } from "./run.ts";
import { excessOf, sumOfWrong } from "./wrong-settled.ts";

/** A few seeds can't meet every fault and every turn of events; so many must. */
const BATCH_SEEDS = 150;
/** Further turns that an attacker gets who had no occasion in any of his. */
const TURNS_MORE = 12;

const usage = [
  "npm run sim -- [--seeds N] [--seed S] [--workers N] [--jobs N] [--tasks N] [--bug NAME] [--verbose]",
  "N fresh seeds (1), or those from S on; each plays a network of workers (8) and jobs (3) of up to so many tasks (24).",
  `A bug that is planted must be found: ${plantedBugs.join(", ")}.`,
];
const values = optionsOf(
  {
    seed: { type: "string" },
    seeds: { type: "string", default: "1" },
    workers: { type: "string", default: "8" },
    jobs: { type: "string", default: "3" },
    tasks: { type: "string", default: "24" },
    bug: { type: "string" },
    verbose: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
  usage,
);

// Fresh seeds each time: what is found once becomes a scenario.
const first = values.seed === undefined ? randomInt(2 ** 40) : wholeNumber("seed", values.seed);
const seeds = wholeNumber("seeds", values.seeds);
const shape = {
  workers: wholeNumber("workers", values.workers),
  jobs: wholeNumber("jobs", values.jobs),
  tasksMax: wholeNumber("tasks", values.tasks),
  plantedBugs: bugsNamed(values.bug),
};
process.exitCode = values.help ? help() : runAll();

function help(): number {
  for (const line of usage) print(line);
  return 0;
}

function runAll(): number {
  const started = performance.now();
  const { workers, jobs, tasksMax } = shape;
  print(`seeds ${first} to ${first + seeds - 1}, ${workers} workers, ${jobs} jobs of up to ${tasksMax} tasks each`);
  const reports: RunReport[] = [];
  const play = (seed: number): void => {
    const report = run({ seed, ...shape });
    reports.push(report);
    if (values.verbose) print(lineOf(report));
    if (report.broken.length > 0) explain(report);
  };
  for (let seed = first; seed < first + seeds; seed += 1) play(seed);
  if (seeds >= seedsOfAllTurns) for (const attack of attackKinds) replayTurns(attack, reports, play);
  const fired = sumOf(reports.map((report) => report.fired));
  const reached = sumOf(reports.map((report) => report.reached));
  print(`faults: ${faultKinds.map((kind) => `${kind} ${fired[kind] ?? 0}`).join(", ")}`);
  print(`reached: ${listed(reached)}`);
  print(`jobs: ${listed(sumOf(reports.map((report) => report.jobs)))}`);
  const turns = reports.reduce((sum, report) => sum + report.turns, 0);
  const wrong = sumOfWrong(reports.map((report) => report.wrong));
  print(`wrong: ${wrong.wrong} of ${wrong.settled} settled results, ${wrong.allowed.toFixed(1)} expected at most`);
  const elapsedMs = performance.now() - started;
  print(`${turns} turns, ${Math.round(elapsedMs)} ms, ${((1_000 * reports.length) / elapsedMs).toFixed(1)} seeds/s`);
  const failed = reports.filter((report) => report.broken.length > 0).length;
  const lacks = [
    ...(seeds >= BATCH_SEEDS ? missing(fired, reached) : []),
    ...(seeds >= seedsOfAllTurns ? silentAttacks(fired) : []),
    ...excessOf(wrong),
  ];
  for (const lack of lacks) print(`FAILED: ${lack}`);
  print(`${reports.length - failed} passed, ${failed + (lacks.length > 0 ? 1 : 0)} failed`);
  return failed + lacks.length > 0 ? 1 : 0;
}

// Whoever had no occasion gets further turns, in seeds like any other.
function replayTurns(attack: AttackKind, reports: readonly RunReport[], play: (seed: number) => void): void {
  let seed = first + seeds;
  for (let turn = 0; turn < TURNS_MORE && reports.every(({ fired }) => fired[attack] === 0); turn += 1) {
    seed = seedOfTurn(attack, seed);
    play(seed);
    seed += 1;
  }
}

function silentAttacks(fired: Readonly<Record<string, number>>): readonly string[] {
  const silent = attackKinds.filter((kind) => (fired[kind] ?? 0) === 0);
  return silent.length > 0 ? [`these attacks were never carried out: ${silent.join(", ")}`] : [];
}

// What never happened was never tested.
function missing(
  fired: Readonly<Record<string, number>>,
  reached: Readonly<Record<string, number>>,
): readonly string[] {
  const silent = faultKinds.filter((kind) => (fired[kind] ?? 0) === 0);
  const missed = milestones.filter((name) => (reached[name] ?? 0) === 0);
  return [
    ...(silent.length > 0 ? [`these faults never fired: ${silent.join(", ")}`] : []),
    ...(missed.length > 0 ? [`this never came about: ${missed.join("; ")}`] : []),
  ];
}

function lineOf({ seed, events, turns, jobs, virtualMs }: RunReport): string {
  return `seed ${seed}: ${events} events, ${turns} turns, ${listed(jobs)}, ${virtualMs} virtual ms`;
}

function explain({ seed, turns, broken }: RunReport): void {
  print(`seed ${seed} FAILED after ${turns} turns:`);
  for (const finding of broken) print(`  ${finding}`);
  const { workers, jobs, tasksMax } = shape;
  const bug = values.bug === undefined ? "" : ` --bug ${values.bug}`;
  print(`  replay: npm run sim -- --seed ${seed} --workers ${workers} --jobs ${jobs} --tasks ${tasksMax}${bug}`);
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const count of counts)
    for (const [name, number] of Object.entries(count)) sums[name] = (sums[name] ?? 0) + number;
  return sums;
}

function listed(counts: Readonly<Record<string, number>>): string {
  const names = Object.keys(counts).sort();
  return names.map((name) => `${counts[name] ?? 0} ${name}`).join("; ");
}

function bugsNamed(name: string | undefined): ReadonlySet<PlantedBug> {
  if (name === undefined) return new Set();
  const bug = plantedBugs.find((known) => known === name);
  return bug === undefined ? refuse(`--bug is one of ${plantedBugs.join(", ")}`) : new Set([bug]);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
