// `npm run sim:trust`: plays every scheme of verification against every attacker and prints one table.
import { parseArgs } from "node:util";
import { playCore } from "../arena/core.ts";
import { program } from "../arena/program.ts";
import { playRow, type Row } from "../arena/row.ts";
import { tableOf } from "../arena/table.ts";
import { profitSeeker } from "../behaviours/profit-seeker.ts";

const USAGE = 64;
const CORE_OPERATORS = 20;

const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    scheme: { type: "string" },
    attacker: { type: "string" },
    core: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

process.exitCode = values.help ? help() : values.core ? throughCores() : compareAll();

function help(): number {
  print("npm run sim:trust -- [--tasks N] [--seed S] [--scheme PART-OF-NAME] [--attacker PART-OF-NAME]");
  print("npm run sim:trust -- --core [--tasks N] [--seed S]    spot with profit-seekers through the real cores");
  print("N tasks in each row (100000). One row takes up to ten seconds for every 100000 tasks.");
  return 0;
}

function compareAll(): number {
  const size = { tasks: wholeNumber("tasks", values.tasks), seed: wholeNumber("seed", values.seed) };
  const wanted = [...program(size)].filter(
    ({ scheme, attacker }) => includes(scheme.name, values.scheme) && includes(attacker.name, values.attacker),
  );
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
  return silent.length > 0 || rows.length === 0 ? 1 : 0;
}

// The whole network in virtual time: some hundred tasks a second.
function throughCores(): number {
  const [tasks, seed] = [wholeNumber("tasks", values.tasks), wholeNumber("seed", values.seed)];
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

function includes(name: string, part: string | undefined): boolean {
  return part === undefined || name.includes(part);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (text !== "" && Number.isSafeInteger(number) && number > 0) return number;
  process.stderr.write(`--${name} takes a whole number above zero, not "${text}"\n`);
  process.exit(USAGE);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
