// The schema of trust in a canonical spec: a level, or terms as integers, in the one form that these terms have.
import { z } from "zod";
import { canonicalJson } from "../canonical.ts";
import type { Trust } from "../job.ts";
import { formatPercent } from "../percent.ts";
import { numericFormats } from "../trust/comparator.ts";
import { auditFloor, distinctions, ppm, replicasMax, trustLevels, trustOf, valueTimesMax } from "../trust/terms.ts";
import { boundProblem, boundsMissing } from "./compare-document.ts";
import { integerSchema, nameSchema } from "./fields.ts";

function bound(key: "abs" | "rel" | "l2") {
  return z.number({ error: "must be a number" }).superRefine((value, context) => {
    const problem = boundProblem(key, value);
    if (problem !== null) context.addIssue({ code: "custom", message: problem });
  });
}

// Exact is what an output is that is not named: naming it would give one meaning two digests.
const comparator = z
  .strictObject({
    kind: z.literal("numeric", { error: "must be numeric; an output that is compared exactly is left out" }),
    format: z.enum(numericFormats, { error: `must be one of ${numericFormats.join(", ")}` }),
    abs: bound("abs"),
    rel: bound("rel"),
    l2: bound("l2"),
  })
  .refine(({ abs, rel, l2 }) => abs > 0 || rel > 0 || l2 > 0, { error: boundsMissing });

const custom = z
  .strictObject({
    replicas: integerSchema(1, replicasMax),
    auditPpm: integerSchema(0, ppm),
    distinct: z.array(z.enum(distinctions, { error: `must be one of ${distinctions.join(", ")}` })),
    valueTimes: integerSchema(0, valueTimesMax),
    compare: z.record(nameSchema, comparator),
  })
  .superRefine((terms, context) => {
    const least = auditFloor(terms.replicas);
    if (terms.auditPpm < least) {
      const message = `must be at least ${least} (${formatPercent(least)}) with so many replicas: the lottery never stops`;
      context.addIssue({ code: "custom", path: ["auditPpm"], message });
    }
    if (
      canonicalJson(terms.distinct) !==
      canonicalJson(distinctions.filter((d) => d === "operator" || terms.distinct.includes(d)))
    ) {
      context.addIssue({
        code: "custom",
        path: ["distinct"],
        message: `names operator and others in the order ${distinctions.join(", ")}, each once`,
      });
    }
    if (typeof trustOf(terms) === "string")
      context.addIssue({ code: "custom", message: `is written ${trustOf(terms)}: these are the terms of that level` });
  });

/** Trust in a canonical spec. */
export const canonicalTrust = z.unknown().transform((found, context): Trust => {
  const level = trustLevels.find((known) => known === found);
  if (level !== undefined) return level;
  if (typeof found === "string") {
    context.addIssue({ code: "custom", message: `must be ${trustLevels.join(", ")} or terms that are spelled out` });
    return z.NEVER;
  }
  const outcome = custom.safeParse(found);
  if (outcome.success) return outcome.data;
  for (const { path, message } of outcome.error.issues) context.addIssue({ code: "custom", path: [...path], message });
  return z.NEVER;
});

/** Outputs that a comparator is named for. */
export function comparedOutputs(trust: Trust): readonly string[] {
  return typeof trust === "string" ? [] : Object.keys(trust.compare);
}
