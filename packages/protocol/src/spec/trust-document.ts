// The `trust` part of a document: a level, or terms that are spelled out over those of a level.
import { z } from "zod";
import type { Trust, TrustLevel } from "../job.ts";
import { type Parsed, parsed, unparsed } from "../parsed.ts";
import { formatPercent, parsePercent } from "../percent.ts";
import {
  auditFloor,
  distinctions,
  ppm,
  replicasMax,
  trustLevels,
  trustOf,
  trustTerms,
  valueTimesMax,
} from "../trust/terms.ts";
import { type CompareDocument, comparatorsOf, readCompare } from "./compare-document.ts";
import { withUnit } from "./fields.ts";
import { suggestion } from "./problem.ts";

/** Trust as it was read; comparators wait for the names of the outputs. */
export interface TrustDocument {
  readonly trust: Trust;
  readonly compare: CompareDocument;
}

const TIMES = /^(\d{1,9})\s*(x?)$/i;

const replicas = z
  .number({ error: `must be a whole number from 1 to ${replicasMax}` })
  .int({ error: `must be a whole number from 1 to ${replicasMax}` })
  .min(1, { error: "must be at least 1: somebody has to run the task" })
  .max(replicasMax, {
    error: `must be at most ${replicasMax}: more replicas buy nothing that a higher audit or value does not; try audit: 5%`,
  });

const distinct = z
  .array(
    z.enum(distinctions, {
      error: (issue) => `must be ${distinctions.join(", ")}${suggestion(String(issue.input), distinctions)}`,
    }),
    { error: "must be a list such as [operator, subnet]" },
  )
  // Answers of one operator are never two answers, so it need not be written; one order makes one spec of one meaning.
  .transform((list) => distinctions.filter((name) => name === "operator" || list.includes(name)));

const spelledOut = z.object({
  level: z
    .enum(trustLevels, { error: `must be ${trustLevels.join(", ")}: the terms that hold where no other is written` })
    .optional(),
  replicas: replicas.optional(),
  audit: withUnit(parsePercent, {
    what: 'a percentage such as "5%"',
    min: 0,
    max: ppm,
    show: formatPercent,
  }).optional(),
  distinct: distinct.optional(),
  value: withUnit(parseTimes, {
    what: 'a multiple of the price such as "10x"',
    min: 0,
    max: valueTimesMax,
    show: (times) => `${times}x`,
  }).optional(),
  compare: z
    .unknown()
    .transform((found, context): CompareDocument => {
      let failed = false;
      const read = readCompare(found, (path, message) => {
        failed = true;
        context.addIssue({ code: "custom", path: [...path], message });
      });
      return failed ? z.NEVER : read;
    })
    .optional(),
});

/** Reads `trust`, whichever of its forms it has. */
export const trustSchema = z.unknown().transform((found, context): TrustDocument => {
  const level = trustLevels.find((known) => known === found);
  if (level !== undefined) return { trust: level, compare: nothingNumeric };
  if (typeof found !== "object" || found === null || Array.isArray(found)) {
    context.addIssue({ code: "custom", message: levelMessage(found) });
    return z.NEVER;
  }
  const outcome = spelledOut.safeParse(found);
  if (outcome.success) return resolve(outcome.data, context);
  for (const { path, message } of outcome.error.issues) context.addIssue({ code: "custom", path: [...path], message });
  return z.NEVER;
});

const nothingNumeric: CompareDocument = { all: null, named: {} };

// What is left out is that of the level: quorum, or spot where there is one replica.
function resolve(shape: z.infer<typeof spelledOut>, context: z.RefinementCtx): TrustDocument {
  const base = trustTerms(shape.level ?? (shape.replicas === 1 ? "spot" : "quorum"));
  const terms = {
    replicas: shape.replicas ?? base.replicas,
    auditPpm: shape.audit ?? base.auditPpm,
    distinct: shape.distinct ?? base.distinct,
    valueTimes: shape.value ?? base.valueTimes,
    compare: {},
  };
  const least = auditFloor(terms.replicas);
  if (terms.auditPpm < least) {
    const share = `${formatPercent(terms.auditPpm)} is below ${formatPercent(least)}, the least with ${terms.replicas === 1 ? "one replica" : "replicas"}`;
    const why = "a cheater would wait for audits to stop";
    const instead =
      terms.replicas === 1 ? `write audit: ${formatPercent(least)} or more, or replicas: 2` : "leave it out for 1%";
    context.addIssue({ code: "custom", path: ["audit"], message: `${share}: ${why}; ${instead}` });
    return z.NEVER;
  }
  return { trust: trustOf(terms), compare: shape.compare ?? nothingNumeric };
}

/** The trust of a job with these outputs. */
export function withComparators({ trust, compare }: TrustDocument, outputs: readonly string[]): Trust {
  const comparators = comparatorsOf(compare, outputs);
  return Object.keys(comparators).length === 0 ? trust : { ...trustTerms(trust), compare: comparators };
}

/** Output names in `compare` that no step has, with what to write instead. */
export function compareProblem(
  { compare }: TrustDocument,
  outputs: readonly string[],
): { name: string; message: string } | null {
  const [unknown] = Object.keys(compare.named).filter((name) => !outputs.includes(name));
  if (unknown !== undefined) {
    const message = `there is no output "${unknown}" to compare${outputs.length === 0 ? "; name it in outputs first" : suggestion(unknown, outputs)}`;
    return { name: unknown, message };
  }
  if (compare.all === null || outputs.length > 0) return null;
  return { name: "", message: "there are no outputs to compare; name them in outputs, or leave compare out" };
}

function parseTimes(text: string): Parsed<number> {
  const match = TIMES.exec(text.trim());
  if (match === null)
    return unparsed(
      `"${text}" is not a multiple of the price: write a whole number that is not negative and x, such as "10x"`,
    );
  const [, times = "0", unit = ""] = match;
  return unit === ""
    ? unparsed(`"${text}" has no unit: write "${text.trim()}x", a multiple of the price`)
    : parsed(Number(times));
}

const levelWords: Readonly<Record<TrustLevel, string>> = {
  spot: "one replica and a lottery of audits",
  quorum: "two replicas, the default",
  strong: "three",
};

function levelMessage(found: unknown): string {
  if (found === "checked") {
    return "checked is not there yet: it needs fingerprints of what a model computed; use quorum, or for numbers that differ a little {level: quorum, compare: {format: f32, rel: 1e-4}}";
  }
  const levels = trustLevels.map((level) => `${level} (${levelWords[level]})`).join(", ");
  return `must be ${levels}, or a map such as {replicas: 2, audit: 5%}`;
}
