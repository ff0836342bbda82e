// The owner's rules out of the options: what may run, for whom, when, and how much of the machine is lent.
import { ConfigError, flagName } from "@starling/node-kit";
import {
  type Address,
  type Cid,
  isAddress,
  isCid,
  type Parsed,
  parsed,
  parseSize,
  type RuntimeClass,
  runtimeClasses,
  unparsed,
  type WorkerResources,
} from "@starling/protocol";
import type { WorkerSettings } from "../../config.ts";
import type { HourSpan, Listed, OwnerRules } from "../../core/index.ts";
import { type HostSettings, hostsWord } from "./hosts.ts";
import { parseHours } from "./hours-text.ts";
import { type ImageSettings, imagesWord } from "./images.ts";

/** A part of what the machine has: parts per million of it, or so much. */
type Share = { readonly ppm: number } | { readonly most: number };

/** What the options say. */
export interface OwnersWord {
  readonly rules: Omit<OwnerRules, "memoryBytes">;
  /** Of the classes that work; null for all. */
  readonly classes: ReadonlySet<RuntimeClass> | null;
  readonly cpu: Share;
  readonly memory: Share;
  readonly disk: Share;
}

/** The options that are rules of a list or a part each. */
type RuleName =
  | "allowPrograms"
  | "denyPrograms"
  | "allowPayers"
  | "denyPayers"
  | "classes"
  | "hours"
  | "cpuShare"
  | "memoryShare"
  | "diskShare";

type RuleSettings = Pick<WorkerSettings, RuleName> & HostSettings;

const MILLION = 1_000_000;

/** Reads the rules; throws `ConfigError` that names every one that is none. */
export function ownersWord(settings: RuleSettings & ImageSettings): OwnersWord {
  const problems: string[] = [];
  const read = <T>(name: RuleName, parse: (text: string) => Parsed<T>): readonly T[] | undefined => {
    const given = settings[name];
    if (given === undefined) return undefined;
    return (typeof given === "string" ? [given] : given).flatMap((text) => {
      const found = parse(text);
      if (found.ok) return [found.value];
      problems.push(`${flagName(name)}: ${found.problem}`);
      return [];
    });
  };
  const share = (name: "cpuShare" | "memoryShare" | "diskShare", unit: (text: string) => Parsed<number>): Share =>
    read(name, (text) => parseShare(text, unit))?.[0] ?? { ppm: MILLION };
  const programs = listed(read("allowPrograms", parseCid), read("denyPrograms", parseCid));
  const payers = listed(read("allowPayers", parseAddress), read("denyPayers", parseAddress));
  const hours: readonly HourSpan[] | undefined = read("hours", parseHours)?.flat();
  const classes = read("classes", parseClass);
  const { images, problems: imageProblems } = imagesWord(settings);
  problems.push(...imageProblems);
  const { hosts, problems: hostProblems } = hostsWord(settings);
  problems.push(...hostProblems);
  const word: OwnersWord = {
    rules: {
      ...(programs === undefined ? {} : { programs }),
      ...(payers === undefined ? {} : { payers }),
      ...(hours === undefined ? {} : { hours }),
      ...(images.length === 0 ? {} : { images }),
      ...(hosts.length === 0 ? {} : { hosts: new Set(hosts) }),
    },
    classes: classes === undefined ? null : new Set(classes),
    cpu: share("cpuShare", parseCores),
    memory: share("memoryShare", parseSize),
    disk: share("diskShare", parseSize),
  };
  if (problems.length > 0) throw new ConfigError(problems);
  return word;
}

function partOf(share: Share, whole: number): number {
  return "most" in share ? Math.min(share.most, whole) : Math.floor((whole * share.ppm) / MILLION);
}

/** Cores that are lent of so many; one at least. */
export function lentCores({ cpu }: Pick<OwnersWord, "cpu">, cores: number): number {
  return Math.max(1, partOf(cpu, cores));
}

/** What is advertised of the machine: what is lent and no more. */
export function lentResources({ cpu, memory, disk }: OwnersWord, found: WorkerResources): WorkerResources {
  return {
    ...found,
    cpuCores: lentCores({ cpu }, found.cpuCores),
    memoryBytes: partOf(memory, found.memoryBytes),
    diskBytes: partOf(disk, found.diskBytes),
  };
}

/** What the core keeps to. The limit on memory is one only where the owner has set it. */
export function rulesOf({ rules, memory }: OwnersWord, lent: WorkerResources): OwnerRules {
  return isAll(memory) ? rules : { ...rules, memoryBytes: lent.memoryBytes };
}

/** The settings, with no more tasks at once than cores are lent. */
export function lentSettings(settings: WorkerSettings, { cpu }: OwnersWord, cores: number): WorkerSettings {
  const slots = isAll(cpu) ? settings.slots : Math.min(settings.slots, Math.max(1, partOf(cpu, cores)));
  return { ...settings, slots };
}

/** Room for inputs and outputs, on a disk with so much free. */
export function lentDisk({ artifactBytes }: WorkerSettings, { disk }: OwnersWord, freeBytes: number): number {
  return isAll(disk) ? artifactBytes : Math.min(artifactBytes, partOf(disk, freeBytes));
}

function isAll(share: Share): boolean {
  return "ppm" in share && share.ppm === MILLION;
}

function listed<T>(allow: readonly T[] | undefined, deny: readonly T[] | undefined): Listed<T> | undefined {
  if (allow === undefined && deny === undefined) return undefined;
  return { ...(allow === undefined ? {} : { allow: new Set(allow) }), deny: new Set(deny) };
}

function parseShare(text: string, unit: (text: string) => Parsed<number>): Parsed<Share> {
  const percent = /^(\d{1,3})%$/.exec(text.trim())?.[1];
  if (percent === undefined) {
    const most = unit(text);
    return most.ok ? parsed({ most: most.value }) : unparsed(`${most.problem}, or a part of all, as in "50%"`);
  }
  const part = Number(percent);
  return part >= 1 && part <= 100 ? parsed({ ppm: part * 10_000 }) : unparsed("a part of all is 1% to 100%");
}

function parseCores(text: string): Parsed<number> {
  return /^[1-9]\d{0,4}$/.test(text.trim()) ? parsed(Number(text)) : unparsed(`"${text}" is no number of cores`);
}

function parseCid(text: string): Parsed<Cid> {
  return isCid(text) ? parsed(text) : unparsed(`"${text}" is no content id, which is "cid:" and 64 digits`);
}

function parseAddress(text: string): Parsed<Address> {
  const address = text.toLowerCase();
  return isAddress(address)
    ? parsed(address)
    : unparsed(`"${text}" is no address, which is 0x and 40 digits, between quotes in a file`);
}

function parseClass(text: string): Parsed<RuntimeClass> {
  const name = runtimeClasses.find((one) => one === text);
  return name === undefined ? unparsed(`"${text}" is none of ${runtimeClasses.join(", ")}`) : parsed(name);
}
