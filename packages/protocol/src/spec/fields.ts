// Schemas of single values, each with a message that says what to write.
import { z } from "zod";
import { parseAmount } from "../amount.ts";
import { isCid } from "../content-id.ts";
import { parseDuration } from "../duration.ts";
import { parseHost } from "../host.ts";
import { limits } from "../limits.ts";
import type { Parsed } from "../parsed.ts";
import { formatSize, parseSize } from "../size.ts";
import { hasOpenVariable } from "../template.ts";
import type { ArtifactSource } from "./document.ts";

const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const CONTROL = /\p{Cc}/u;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const ARCH = /^[a-z]+_?[0-9a-z]+\+?$/;

/** The name of an input, output or label: it becomes a file name. */
export const nameSchema = z
  .string({ error: "must be text" })
  .max(limits.nameLength, { error: `has at most ${limits.nameLength} characters` })
  .regex(WORD, {
    error: "is made of letters, digits, dots, dashes and underscores, and starts with a letter or digit",
  });

/** Text for people. */
export function titleSchema(length: number): z.ZodType<string> {
  return z
    .string({ error: "must be text; put it in quotes" })
    .max(length, { error: `has at most ${length} characters` })
    .refine((text) => !CONTROL.test(text), { error: "has no control characters" });
}

/** A list, or one text for each place. */
export const templateSchema = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(String)], { error: "must be text" })
  .refine((text) => text.length <= limits.argLength, { error: `has at most ${limits.argLength} characters` })
  .refine((text) => !text.includes("\0"), { error: "has no zero characters" })
  .refine((text) => !hasOpenVariable(text), { error: 'opens a variable with "${" and never closes it' });

/** An amount of money, in base units. */
export const amountSchema = withUnit(parseAmount, {
  what: 'an amount such as "12 USD"',
  min: 0n,
  max: limits.amount,
  show: String,
});

/** A duration within bounds, in milliseconds. */
export function durationSchema(min: number, max: number): z.ZodType<number> {
  return withUnit(parseDuration, { what: 'a duration such as "10m"', min, max, show: (ms) => `${ms / 1000}s` });
}

/** A size within bounds, in bytes. */
export function sizeSchema(min: number, max: number): z.ZodType<number> {
  return withUnit(parseSize, { what: 'a size such as "64Mi"', min, max, show: formatSize });
}

/** A whole number within bounds. */
export function integerSchema(min: number, max: number): z.ZodType<number> {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.number({ error: message }).int({ error: message }).min(min, { error: message }).max(max, { error: message });
}

/** A path inside the output directory. */
export const outputPathSchema = z
  .string({ error: "must be a path below the output directory" })
  .min(1, { error: "must be a path below the output directory" })
  .max(limits.pathLength, { error: `has at most ${limits.pathLength} characters` })
  .refine(isInside, { error: 'must stay below the output directory: no leading "/", no "..", no "\\"' });

/** A file: a local path or a content id. */
export const sourceSchema = z
  .string({ error: "must be a local path or a cid:" })
  .transform((text, context): ArtifactSource => {
    const problem = sourceProblem(text);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
    return isCid(text) ? { kind: "cid", cid: text } : { kind: "path", path: text };
  });

/** An account, in any case of letters; kept in lower case. */
export const addressSchema = z
  .string({ error: "must be an address, 0x and 40 hexadecimal digits, in quotes" })
  .regex(ADDRESS, { error: "must be an address, 0x and 40 hexadecimal digits, in quotes" })
  .transform((text): `0x${string}` => `0x${text.slice(2).toLowerCase()}`);

/** A GPU architecture such as `sm_80`, or `sm_80+` for that and newer. */
export const archSchema = z
  .string({ error: "must be an architecture such as sm_80 or sm_80+" })
  .max(limits.wordLength, { error: "is too long" })
  .regex(ARCH, { error: "must be an architecture such as sm_80 or sm_80+" });

/** A host with its port, in its one form. */
export const hostSchema = z
  .string({ error: "must be a host such as api.example.org:443" })
  .transform((text, context): string => {
    const read = parseHost(text);
    if (read.ok) return read.value;
    context.addIssue({ code: "custom", message: read.problem });
    return z.NEVER;
  });

function sourceProblem(text: string): string | null {
  if (text === "") return "must be a local path or a cid:";
  if (text.startsWith("s3:")) return "s3: sources are not there yet; use a local path or a cid:";
  if (/^https?:/.test(text)) return "https: sources are not there yet; download the file and use its local path";
  if (text.startsWith("${")) return "outputs of other steps are not there yet; use the cid: of a finished job's output";
  if (text.startsWith("cid:") && !isCid(text)) return '"cid:" is followed by 64 lower-case hexadecimal digits';
  if (text.includes("\0") || text.length > 4_096) return "is not a path";
  return null;
}

// Backslashes are refused too: on some systems they separate parts of a path.
function isInside(path: string): boolean {
  return !/[\\\0]/.test(path) && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** What a value with a unit may be, and how it is shown. */
export interface Bounds<T> {
  readonly what: string;
  readonly min: T;
  readonly max: T;
  readonly show: (value: T) => string;
}

/** A value with a unit. A bare number is read as text, so that the message can say which unit is missing. */
export function withUnit<T extends number | bigint>(
  parse: (text: string) => Parsed<T>,
  bounds: Bounds<T>,
): z.ZodType<T> {
  return z
    .union([z.string(), z.number().transform(String)], { error: `must be ${bounds.what}` })
    .transform((text, context): T => {
      const outcome = parse(text);
      if (!outcome.ok) {
        context.addIssue({ code: "custom", message: outcome.problem });
        return z.NEVER;
      }
      const { min, max, show } = bounds;
      if (outcome.value < min || outcome.value > max) {
        context.addIssue({ code: "custom", message: `must be from ${show(min)} to ${show(max)}` });
        return z.NEVER;
      }
      return outcome.value;
    });
}
