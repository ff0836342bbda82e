// `npm run bench`: measures, prints a table beside the goals, and writes JSON. It asserts nothing.
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { interruption } from "../../scripts/devnet/interruption.ts";
import { benchmarks } from "./catalog.ts";
import { childFlag, type Result, runAsChild, runInChild } from "./runner/child.ts";
import { parseOptions, UsageError, usage } from "./runner/options.ts";
import { tableLines } from "./runner/table.ts";
import { machineLine, thisMachine } from "./support/machine.ts";
import { seconds } from "./support/statistics.ts";

const output = resolve(import.meta.dirname, "../../.build/bench.json");
const columnsDefault = 170;
const usageCode = 64;
const { signal, code } = interruption();
const names = benchmarks.map(({ name }) => name);

async function bench(args: readonly string[]): Promise<number> {
  const options = parseOptions(args, names);
  if (options.help) {
    process.stdout.write(usage(names));
    return 0;
  }
  const machine = thisMachine();
  const results: Result[] = [];
  for (const one of benchmarks) {
    if (signal.aborted || options.only?.includes(one.name) === false) continue;
    process.stderr.write(`${one.name} ...\n`);
    const say = (text: string): void => void process.stderr.write(`  ${text}\n`);
    const result = await runInChild(one, { signal, say });
    process.stderr.write(`  ${result.failure ?? "done"}, ${seconds(result.elapsedMs)}\n`);
    results.push(result);
  }
  const text = `${JSON.stringify({ format: 1, at: new Date().toISOString(), machine, results }, null, 2)}\n`;
  mkdirSync(join(output, ".."), { recursive: true });
  writeFileSync(output, text);
  if (options.json) process.stdout.write(text);
  else {
    const lines = tableLines(results, process.stdout.columns ?? columnsDefault);
    process.stdout.write(`${machineLine(machine)}\n\n${lines.join("\n")}\n`);
  }
  return results.some(({ failure }) => failure !== null) ? 1 : 0;
}

async function main(args: readonly string[]): Promise<number> {
  const one = args[0] === childFlag ? benchmarks.find(({ name }) => name === args[1]) : undefined;
  if (one !== undefined) return await runAsChild(one, signal);
  try {
    return await bench(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage(names)}`);
    return usageCode;
  }
}

const ended = await main(process.argv.slice(2));
process.exit(signal.aborted ? code() : ended);
