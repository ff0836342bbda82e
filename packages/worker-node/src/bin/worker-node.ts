#!/usr/bin/env node
// The worker's command line: parse, load the configuration, run, exit code.
import { existsSync } from "node:fs";
import {
  ConfigError,
  createLogger,
  errorFields,
  type LoadedConfig,
  type Logger,
  loadConfig,
  optionsHelp,
  printConfig,
  runUntilStopped,
  systemClock,
} from "@starling/node-kit";
import { type Address, exitCode, isAddress, signingDomainOf } from "@starling/protocol";
import type { WorkerSettings, workerOptions } from "../config.ts";
import { printConstants } from "../constants.ts";
import { optionsIn } from "../home.ts";
import { dataPaths } from "../shell/data-directory.ts";
import { examine, isHealthy, reportText } from "../shell/doctor/doctor.ts";
import type { Finding } from "../shell/doctor/finding.ts";
import { checkGpu } from "../shell/gpu/check-gpu.ts";
import { consentOf, IdentityError, workerKeys } from "../shell/identity.ts";
import { readNetworkFile } from "../shell/network-parts.ts";
import { askWorker, type OwnerVerb, ownerVerbs, requestOf, runningStatus } from "../shell/owner/commands.ts";
import { readVouchers } from "../shell/voucher-file.ts";
import { WorkerNode } from "../shell/worker-node.ts";

const USAGE = `starling worker start [options]
starling worker doctor [-o json] [options]
starling worker check-gpu [--image ARCHIVE] [-o json] [options]
starling worker identity --operator ADDRESS [options]
starling worker status [options]
starling worker pause | resume [options]         take no new work; take it again
starling worker drain [options]                  finish what is under way, then end
starling worker reclaim [--notice 30s] [options] have the machine back: what does not end in time goes elsewhere`;
/** EX_SOFTWARE of sysexits: a supervisor starts the daemon again, and it recovers from its journal. */
const FATAL = 70;
const DOCTOR_LIMIT_MS = 60_000;
const GPU_LIMIT_MS = 15 * 60_000;
const options = optionsIn(process.env);

/** Runs a verb; resolves with the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  switch (verb) {
    case "start":
      return await withConfig(rest, start);
    case "doctor": {
      const { json, others } = outputFlag(rest);
      return await withConfig(others, ({ values }) => doctor(values, json));
    }
    case "check-gpu": {
      const { image, others: flags } = imageFlag(rest);
      const { json, others } = outputFlag(flags);
      return await withConfig(others, ({ values }) => checkTheGpu(values, { image, json }));
    }
    case "identity": {
      const { operator, others } = operatorFlag(rest);
      return await withConfig(others, async ({ values }) => identity(values, operator));
    }
    case "status":
      return await withFolder(rest, status);
    case "pause":
    case "resume":
    case "drain":
    case "reclaim":
      return await owner(verb, rest);
    case "--help":
    case "help":
      process.stdout.write(help());
      return exitCode.ok;
    case undefined:
      process.stderr.write(help());
      return exitCode.usage;
    default:
      process.stderr.write(
        `error: "${verb}" is not a verb of worker; there are: start, doctor, check-gpu, identity, status, ${ownerVerbs.join(", ")}\n`,
      );
      return exitCode.usage;
  }
}

async function withConfig(
  args: readonly string[],
  run: (config: LoadedConfig<typeof workerOptions>) => Promise<number>,
): Promise<number> {
  const config = loadConfig(options, { args, environment: process.env });
  if (config.asked === "help") process.stdout.write(help());
  else if (config.asked === "printConfig") process.stdout.write(`${printConfig(options, config)}${printConstants()}`);
  else return await run(config);
  return exitCode.ok;
}

// A worker on this machine is known by its folder alone.
async function withFolder(args: readonly string[], run: (folder: string) => Promise<number>): Promise<number> {
  const network = { ...options.network, required: false };
  const config = loadConfig({ ...options, network }, { args, environment: process.env });
  if (config.asked !== "help") return await run(config.values.dataDir);
  process.stdout.write(help());
  return exitCode.ok;
}

async function owner(verb: OwnerVerb, args: readonly string[]): Promise<number> {
  const { request, others } = requestOf(verb, args);
  return await withFolder(others, (folder) => askWorker(folder, request));
}

async function start({ values, sources }: LoadedConfig<typeof workerOptions>): Promise<number> {
  const logger = loggerOf(values);
  const fail = (error: unknown): void => {
    logger.error("the worker stops: it cannot go on", errorFields(error));
    process.exit(FATAL);
  };
  const end = (): void => void process.kill(process.pid, "SIGTERM");
  const node = new WorkerNode(values, { logger, fail, end, sources });
  return await runUntilStopped(node.services, {
    logger,
    onStarted: () => process.stdout.write(`${JSON.stringify(node.endpoints())}\n`),
    onStopping: (cause) => node.drain(cause),
  });
}

async function doctor(settings: WorkerSettings, json: boolean): Promise<number> {
  return report(await examine(settings, AbortSignal.timeout(DOCTOR_LIMIT_MS)), json);
}

// Detection, and a PyTorch task twice, in a container too: for an owner of a GPU, on his machine.
async function checkTheGpu(
  { nvidiaSmi, rocmSmi, dockerSocket, dockerRuntime }: WorkerSettings,
  { image, json }: { readonly image: string | null; readonly json: boolean },
): Promise<number> {
  const signal = AbortSignal.timeout(GPU_LIMIT_MS);
  const containers = { docker: { socketPath: dockerSocket, runtime: dockerRuntime }, image };
  return report(await checkGpu({ nvidiaSmi, rocmSmi, python: "python3", containers, signal }), json);
}

function report(findings: readonly Finding[], json: boolean): number {
  process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : reportText(findings));
  return isHealthy(findings) ? exitCode.ok : exitCode.failed;
}

// What the operator needs to register this worker: who it is, and that it consents.
function identity(settings: WorkerSettings, operator: Address): number {
  const domain = signingDomainOf(readNetworkFile(settings.network));
  // A later consent replaces an earlier one, so seconds will do for its number.
  const seq = Math.floor(systemClock.wallMs() / 1_000);
  process.stdout.write(`${JSON.stringify(consentOf(workerKeys(settings), domain, { operator, seq }), null, 2)}\n`);
  return exitCode.ok;
}

// Whether it works, and what it has been promised and what becomes of it, as it last wrote it down, whether or not it runs.
async function status(folder: string): Promise<number> {
  const owner = (await runningStatus(folder)) ?? { state: "stopped" };
  const held = await readVouchers(dataPaths(folder).vouchers);
  process.stdout.write(`${JSON.stringify({ owner, ...(held ?? { vouchers: [] }) }, null, 2)}\n`);
  return exitCode.ok;
}

function loggerOf({ logLevel, logFormat }: WorkerSettings): Logger {
  return createLogger({
    level: logLevel,
    ...(logFormat === undefined ? {} : { format: logFormat }),
    fields: { daemon: "worker" },
  });
}

// The one flag that is not an option of the daemon.
function outputFlag(args: readonly string[]): { readonly json: boolean; readonly others: readonly string[] } {
  const at = args.findIndex((arg) => arg === "-o" || arg === "--output");
  if (at < 0) return { json: false, others: args };
  const format = args[at + 1];
  if (format !== "json" && format !== "text")
    throw new ConfigError([`-o takes json or text, not ${format === undefined ? "nothing" : `"${format}"`}`], "usage");
  return { json: format === "json", others: [...args.slice(0, at), ...args.slice(at + 2)] };
}

function imageFlag(args: readonly string[]): { readonly image: string | null; readonly others: readonly string[] } {
  const at = args.indexOf("--image");
  if (at < 0) return { image: null, others: args };
  const image = args[at + 1];
  if (image === undefined || !existsSync(image))
    throw new ConfigError(["--image takes the path of an archive, as docker save writes it"], "usage");
  return { image, others: [...args.slice(0, at), ...args.slice(at + 2)] };
}

function operatorFlag(args: readonly string[]): { readonly operator: Address; readonly others: readonly string[] } {
  const at = args.indexOf("--operator");
  const given = args[at + 1]?.toLowerCase() ?? "";
  if (at < 0 || !isAddress(given))
    throw new ConfigError(
      ["--operator takes the address of the account that is to own this worker, 0x and 40 digits"],
      "usage",
    );
  return { operator: given, others: [...args.slice(0, at), ...args.slice(at + 2)] };
}

function help(): string {
  return `${USAGE}\n\n${optionsHelp(options)}\n`;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    const problems =
      error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
    for (const problem of problems) process.stderr.write(`error: ${problem}\n`);
    if (error instanceof ConfigError) process.exit(error.exit);
    process.exit(error instanceof IdentityError ? exitCode.configuration : exitCode.failed);
  },
);
