// The demo's command line: options, a home that vanishes afterwards, the report, and the exit code.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { exitCode } from "@starling/protocol";
import { Progress } from "./progress.ts";
import type { DemoReport } from "./report.ts";
import { runDemo } from "./run.ts";
import { summaryOf } from "./summary.ts";

const usage = `npm run demo [-- options]

  --workers N   workers of the network, without the referee (default 5)
  --liars N     how many of them lie, drawn at random (default 1)
  --to DIR      where results and receipt go (default ./demo-results)
  --json        the report as JSON on standard output
`;

const options = {
  workers: { type: "string", default: "5" },
  liars: { type: "string", default: "1" },
  to: { type: "string", default: "demo-results" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** Runs the demo; resolves with the exit code, which is 0 only when everything held. */
export async function demo(args: readonly string[], signal: AbortSignal): Promise<number> {
  const asked = read(args);
  if (typeof asked === "string") {
    process.stderr.write(asked);
    return asked === usage ? exitCode.ok : exitCode.usage;
  }
  const home = mkdtempSync(join(tmpdir(), "starling-demo-"));
  const progress = new Progress(process.stderr);
  try {
    const report = await runDemo({ ...asked, home, progress, signal });
    progress.end();
    process.stdout.write(asked.json ? `${json(report)}\n` : summaryOf(report));
    return report.problems.length === 0 ? exitCode.ok : exitCode.failed;
  } catch (error) {
    progress.end();
    // A call that is cut off by Ctrl-C fails in words of its own.
    if (signal.aborted) process.stderr.write("stopped; nothing is left running\n");
    else process.stderr.write(`the demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCode.failed;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

interface Asked {
  readonly workers: number;
  readonly liars: number;
  readonly to: string;
  readonly json: boolean;
}

function read(args: readonly string[]): Asked | string {
  try {
    const { values } = parseArgs({ args: [...args], options });
    const workers = Number(values.workers);
    const liars = Number(values.liars);
    if (values.help) return usage;
    if (!(Number.isInteger(workers) && workers >= 2 && workers <= 29)) return "--workers takes a number from 2 to 29\n";
    if (!(Number.isInteger(liars) && liars >= 0 && liars < workers))
      return "--liars takes a number below that of the workers\n";
    return { workers, liars, to: resolve(values.to), json: values.json };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n`;
  }
}

function json(report: DemoReport): string {
  return JSON.stringify(report, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value));
}
