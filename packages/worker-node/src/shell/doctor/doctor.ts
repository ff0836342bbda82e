// `worker doctor`: checks everything that a worker needs, says what works and how to mend the rest.
import { availableParallelism } from "node:os";
import type { Network } from "@starling/node-kit";
import type { WorkerSettings } from "../../config.ts";
import { readNetworkFile } from "../network-parts.ts";
import { lentCores, ownersWord } from "../owner/rules.ts";
import { checkChain } from "./chain-checks.ts";
import type { Finding } from "./finding.ts";
import { checkGpus } from "./gpu-checks.ts";
import {
  checkDataDirectory,
  checkDisk,
  checkExecutors,
  checkMachine,
  checkMemory,
  checkRuntime,
  checkUser,
} from "./machine-checks.ts";
import { checkMeasurements } from "./measurement-checks.ts";
import { checkBootstrap, checkPorts } from "./network-checks.ts";
import { checkReachable } from "./reachable-check.ts";

/** Runs all checks; throws `ConfigError` for a network file that can't be read. */
export async function examine(settings: WorkerSettings, signal: AbortSignal): Promise<readonly Finding[]> {
  const file = readNetworkFile(settings.network);
  // Before the rest: the others write into it.
  const folder = await checkDataDirectory(settings.dataDir);
  const parts = await Promise.all([
    checkExecutors(settings, signal),
    checkMachine(settings),
    checkGpus(settings, signal),
    checkPorts(settings.listen),
    checkBootstrap(settings.bootstrap ?? file.bootstrap),
    checkReachable(settings, file, { signal }),
    checkChain(settings, file),
  ]);
  // After the rest, beside which it would measure too little.
  const cores = lentCores(ownersWord(settings), availableParallelism());
  const measured = await checkMeasurements({ dataDir: settings.dataDir, cores }, signal);
  return [...checkRuntime(), checkUser(settings), ...folder, checkMemory(settings), ...parts.flat(), measured];
}

/** What may change while a worker runs, without what it holds itself: its folder, its ports, its executors. */
export async function examineRunning(
  settings: WorkerSettings,
  { network, signal }: { readonly network: Network; readonly signal: AbortSignal },
): Promise<readonly Finding[]> {
  const file = readNetworkFile(settings.network);
  const parts = await Promise.all([
    checkBootstrap(settings.bootstrap ?? file.bootstrap),
    checkReachable(settings, file, { network, signal }),
    checkChain(settings, file),
  ]);
  return [...checkRuntime(), checkDisk(settings.dataDir), checkMemory(settings), ...parts.flat()];
}

/** The findings for people, one a line, with what mends them below. */
export function reportText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  return findings
    .map(({ check, status, message, fix }) => {
      const line = `${status.padEnd(7)}  ${check.padEnd(width)}  ${message}\n`;
      return fix === undefined ? line : `${line}${" ".repeat(width + 11)}-> ${fix}\n`;
    })
    .join("");
}

/** Whether a worker would start and get work. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ status }) => status !== "failure");
}
