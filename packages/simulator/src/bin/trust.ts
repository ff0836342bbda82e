// `npm run sim:trust`: plays every scheme of verification against every attacker and prints one table.
import { playCore } from "../arena/core.ts";
import { program } from "../arena/program.ts";
import { type Match, playRow, type Row } from "../arena/row.ts";
import { tableOf } from "../arena/table.ts";
import { profitSeeker } from "../behaviours/profit-seeker.ts";
import { optionsOf, refuse, wholeNumber } from "./command-line.ts";

const CORE_OPERATORS = 20;

const usage = [
  "npm run sim:trust -- [--tasks N] [--seed S] [--scheme PART-OF-NAME] [--attacker PART-OF-NAME]",
  "npm run sim:trust -- --core [--tasks N] [--seed S]    spot with profit-seekers through the real cores",
  "N tasks in each row (100000). One row takes up to ten seconds for every 100000 tasks.",
];
const values = optionsOf(
  {
    tasks: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    scheme: { type: "string" },
    attacker: { type: "string" },
    core: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
  usage,
);

process.exitCode = values.help ? help() : values.core ? throughCores() : compareAll();

function help(): number {
  for (const line of usage) print(line);
  return 0;
}

function compareAll(): number {
  const size = { tasks: wholeNumber("tasks", values.tasks, 1), seed: wholeNumber("seed", values.seed, 1) };
  const all = [...program(size)];
  const wanted = all.filter(
    ({ scheme, attacker }) => includes(scheme.name, values.scheme) && includes(attacker.name, values.attacker),
  );
  if (wanted.length === 0) refuse(nothingFits(all));
  const started = performance.now();
  const rows: Row[] = wanted.map((one, i) => {
    process.stderr.write(`\r${i + 1}/${wanted.length} `);
    return playRow(one);
  });
  process.stderr.write(`${Math.round((performance.now() - started) / 1_000)} s\n`);
  print(`${size.tasks} tasks in each row, ${wanted[0]?.operators ?? 0} operators, seed ${size.seed}\n`);
  print(tableOf(rows));
  // What never happened was never tested.
  const silent = rows.filter(({ isCarriedOut }) => !isCarriedOut);
  for (const { scheme, attacker, percent } of silent)
    print(`FAILED: ${attacker.name} at ${percent} % never attacked ${scheme.name}`);
  return silent.length > 0 ? 1 : 0;
}

// The whole network in virtual time: some hundred tasks a second.
function throughCores(): number {
  const [tasks, seed] = [wholeNumber("tasks", values.tasks, 1), wholeNumber("seed", values.seed, 1)];
  const match = { trust: "spot", attacker: profitSeeker, operators: CORE_OPERATORS, percent: 10, tasks, seed } as const;
  const started = performance.now();
  const row = playCore(match);
  const elapsed = ((performance.now() - started) / 1_000).toFixed(0);
  print(`spot, profit-seekers at 10 % of ${CORE_OPERATORS} operators, ${tasks} tasks, seed ${seed}, ${elapsed} s`);
  for (const [name, value] of Object.entries(row))
    print(`  ${name}: ${Array.isArray(value) ? value.join("; ") : value}`);
  print(`  compute: ${(row.executions / Math.max(1, row.settled)).toFixed(3)}x`);
  return row.broken.length > 0 || row.settled < tasks || row.attackerLeases === 0 ? 1 : 0;
}

function nothingFits(all: readonly Match[]): string {
  const names = (of: readonly string[]): string => [...new Set(of)].join(", ");
  return [
    "No row has a scheme and an attacker of these names.",
    `--scheme is a part of one of: ${names(all.map(({ scheme }) => scheme.name))}`,
    `--attacker is a part of one of: ${names(all.map(({ attacker }) => attacker.name))}`,
  ].join("\n");
}

function includes(name: string, part: string | undefined): boolean {
  return part === undefined || name.includes(part);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
