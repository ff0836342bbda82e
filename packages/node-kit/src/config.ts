// One schema per daemon: flags over STARLING_* environment over a YAML or JSON file over defaults; nothing unknown passes.
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { parseArgs } from "node:util";
import { exitCode } from "@starling/protocol";
import { parse as parseYaml } from "yaml";
import { type OptionSpec, type OptionValues, parseOption } from "./config-values.ts";
import { nearestName } from "./nearest.ts";

/** The options of a daemon by name; write it with `satisfies OptionTable` or pass it directly, so that types stay narrow. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec extends {
  readonly type: "choice";
  readonly choices: readonly (infer Choice)[];
}
  ? Choice
  : OptionValues[Spec["type"]];

/** The typed values of a table. */
export type ConfigOf<Table extends OptionTable> = {
  readonly [Name in keyof Table]: Table[Name] extends { readonly default: string } | { readonly required: true }
    ? ValueOf<Table[Name]>
    : ValueOf<Table[Name]> | undefined;
};

/** Where a value came from. */
export type ConfigSource = "flag" | "environment" | "file" | "default";

export interface LoadedConfig<Table extends OptionTable> {
  readonly values: ConfigOf<Table>;
  readonly sources: Readonly<Record<string, ConfigSource>>;
  /** What to do instead of starting, if anything. */
  readonly asked: "help" | "printConfig" | null;
}

/** What is read; tests pass their own. */
export interface ConfigInputs {
  /** Arguments after the command's name. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home?: string;
}

/** Every problem of a configuration at once, each with the option's name and what to try. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "configuration";
  readonly problems: readonly string[];
  /** Of the process: `usage` when the command line itself can't be understood. */
  readonly exit: (typeof exitCode)["usage" | "configuration"];

  constructor(problems: readonly string[], kind: "usage" | "configuration" = "configuration") {
    super(problems.join("\n"));
    this.problems = problems;
    this.exit = exitCode[kind];
  }
}

const FILE_BYTES_MAX = 1024 * 1024;

interface Given {
  readonly text: string;
  readonly source: ConfigSource;
}

/** Reads and checks everything; throws `ConfigError`. The file is named by `--config` or `STARLING_CONFIG`. */
export function loadConfig<const Table extends OptionTable>(table: Table, inputs: ConfigInputs): LoadedConfig<Table> {
  const problems: string[] = [];
  const flags = readFlags(table, inputs.args, problems);
  const kind = problems.length > 0 ? "usage" : "configuration";
  const path = flags.texts.get("config") ?? inputs.environment[environmentName("config")];
  const file = path === undefined ? new Map<string, string>() : readFile(table, path, problems);
  const values: Record<string, unknown> = {};
  const sources: Record<string, ConfigSource> = {};
  for (const [name, spec] of Object.entries(table)) {
    const given = firstGiven([
      [flags.texts.get(name), "flag"],
      [inputs.environment[environmentName(name)], "environment"],
      [file.get(name), "file"],
      [spec.default, "default"],
    ]);
    if (given === undefined) {
      if (spec.required === true)
        problems.push(
          `${flagName(name)} is missing. Give it, or set ${environmentName(name)}${spec.absent === undefined ? "" : `. ${spec.absent}`}`,
        );
      continue;
    }
    const parsed = parseOption(spec, given.text, inputs.home ?? homedir());
    if (parsed.ok) values[name] = parsed.value;
    else
      problems.push(
        `${describeSource(name, given.source)}: ${spec.secret === true ? "the value is not valid" : parsed.problem}`,
      );
    sources[name] = given.source;
  }
  // Somebody who asks for help has often just made a mistake.
  if (problems.length > 0 && flags.asked !== "help") throw new ConfigError(problems, kind);
  return { values: values as ConfigOf<Table>, sources, asked: flags.asked };
}

/** `dataDir` as `--data-dir`. */
export function flagName(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** `dataDir` as `STARLING_DATA_DIR`. */
export function environmentName(name: string): string {
  return `STARLING_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

interface Flags {
  readonly texts: ReadonlyMap<string, string>;
  readonly asked: LoadedConfig<OptionTable>["asked"];
}

function readFlags(table: OptionTable, args: readonly string[], problems: string[]): Flags {
  const names = new Map(Object.keys(table).map((name) => [flagName(name).slice(2), name]));
  const known = new Map<string, "string" | "boolean">([
    ["config", "string"],
    ["print-config", "boolean"],
    ["help", "boolean"],
  ]);
  for (const [flag, name] of names) known.set(flag, table[name]?.type === "boolean" ? "boolean" : "string");
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(Array.from(known, ([flag, type]) => [flag, { type }])),
    strict: false,
    tokens: true,
  });
  const texts = new Map<string, string>();
  let asked: Flags["asked"] = null;
  for (const token of tokens) {
    if (token.kind === "positional") problems.push(`"${token.value}" is not expected here. Options begin with --`);
    if (token.kind !== "option") continue;
    const isOff =
      !known.has(token.name) && token.name.startsWith("no-") && known.get(token.name.slice(3)) === "boolean";
    const flag = isOff ? token.name.slice(3) : token.name;
    const type = known.get(flag);
    if (type === undefined)
      problems.push(`${token.rawName} is not an option${didYouMean(flag, [...known.keys()], "--")}`);
    else if (type === "string" && token.value === undefined) problems.push(`${token.rawName} needs a value`);
    else if (flag === "help") asked = "help";
    else if (flag === "print-config") asked = asked ?? "printConfig";
    else texts.set(names.get(flag) ?? flag, isOff ? "false" : (token.value ?? "true"));
  }
  return { texts, asked };
}

function readFile(table: OptionTable, path: string, problems: string[]): Map<string, string> {
  const texts = new Map<string, string>();
  let content: unknown;
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error("it is larger than a mebibyte");
    // JSON is YAML too. Aliases could blow a small file up.
    content = parseYaml(readFileSync(path, "utf8"), { maxAliasCount: 0 }) ?? {};
  } catch (error) {
    problems.push(`the configuration file ${path} cannot be read: ${unreadable(error)}`);
    return texts;
  }
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    problems.push(`the configuration file ${path} must hold options by name, as in "dataDir: /var/lib/starling"`);
    return texts;
  }
  for (const [name, value] of Object.entries(content)) {
    const text = textOf(value);
    if (!Object.hasOwn(table, name))
      problems.push(`"${name}" in ${path} is not an option${didYouMean(name, Object.keys(table), "")}`);
    else if (text === null)
      problems.push(`"${name}" in ${path} must be a text, a number, true, false, or a list of texts`);
    else texts.set(name, text);
  }
  return texts;
}

function textOf(value: unknown): string | null {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  if (!Array.isArray(value)) return null;
  const texts = value.map((item) => (Array.isArray(item) ? null : textOf(item)));
  return texts.includes(null) ? null : texts.join(",");
}

function firstGiven(candidates: readonly (readonly [string | undefined, ConfigSource])[]): Given | undefined {
  for (const [text, source] of candidates) {
    // An empty variable is an unset one, as shells and containers have it.
    if (text !== undefined && !(text === "" && source === "environment")) return { text, source };
  }
  return undefined;
}

function describeSource(name: string, source: ConfigSource): string {
  return {
    flag: flagName(name),
    environment: environmentName(name),
    file: `"${name}" in the file`,
    default: `the default of ${name}`,
  }[source];
}

function didYouMean(text: string, names: readonly string[], prefix: string): string {
  const nearest = nearestName(text, names);
  return nearest === null ? `. See --help` : `. Did you mean ${prefix}${nearest}?`;
}

const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EISDIR: "it is a folder",
  EACCES: "this user may not read it",
};

function unreadable(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return ("code" in error ? UNREADABLE[String(error.code)] : undefined) ?? error.message;
}
