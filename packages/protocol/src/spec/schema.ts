// The schema of the job document: types, bounds and defaults. Which keys exist is the grammar's business.
import { z } from "zod";
import { limits } from "../limits.ts";
import { documentDefaults } from "./defaults.ts";
import { eachSchema } from "./each-document.ts";
import {
  addressSchema,
  amountSchema,
  archSchema,
  durationSchema,
  hostSchema,
  integerSchema,
  nameSchema,
  outputPathSchema,
  sizeSchema,
  sourceSchema,
  templateSchema,
  titleSchema,
} from "./fields.ts";
import { imageSchema } from "./image-document.ts";
import { trustSchema } from "./trust-document.ts";

const MEBIBYTE = 1024 * 1024;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const mapping = { error: "must be a map" };

const envName = z
  .string()
  .max(limits.envNameLength, { error: `has at most ${limits.envNameLength} characters` })
  .regex(ENV_NAME, { error: "is made of letters, digits and underscores" });

/** A map with at most so many entries; its keys keep the order in which they are written. */
function mapOf<K extends z.core.$ZodRecordKey, V extends z.ZodType>(key: K, value: V, most: number) {
  return z
    .record(key, value, mapping)
    .refine((map) => Object.keys(map).length <= most, { error: `has at most ${most} entries` });
}

const process = z.object(
  { program: sourceSchema, root: sourceSchema.optional() },
  { error: "must be a map such as {program: ./train.py} or {program: ./train.py, root: ./root.tar.gz}" },
);
const run = z.object(
  {
    wasm: sourceSchema.optional(),
    process: process.optional(),
    image: imageSchema.optional(),
    args: z
      .array(templateSchema, { error: 'must be a list such as ["--file", "in/data.csv"]' })
      .max(limits.args, { error: `has at most ${limits.args} arguments` })
      .default([]),
    env: mapOf(envName, templateSchema, limits.envVars).default({}),
  },
  { error: "must be a map such as {wasm: ./program.wasm}" },
);

const runtimeClass = z.enum(["wasm", "cpu", "cpu-image", "cpu-root", "gpu", "gpu-tolerant"], {
  error:
    "must be wasm, cpu, cpu-image, cpu-root, gpu or gpu-tolerant; leave class out, it follows from run and needs.gpu",
});

const gpu = z.object(
  {
    count: integerSchema(1, limits.gpus).default(documentDefaults.gpuCount),
    vram: sizeSchema(0, limits.vramBytes).default(0),
    arch: z.array(archSchema, { error: "must be a list such as [sm_80+]" }).max(limits.gpuArchs).default([]),
  },
  { error: "must be a map such as {count: 1, vram: 16Gi}" },
);

const needs = z
  .object(
    {
      cpu: integerSchema(1, limits.cpuCores).default(documentDefaults.cpuCores),
      mem: sizeSchema(MEBIBYTE, limits.memoryBytes).default(documentDefaults.memoryBytes),
      disk: sizeSchema(0, limits.diskBytes).default(documentDefaults.diskBytes),
      gpu: gpu.nullable().default(null),
      net: z
        .literal("none", {
          error: "only net: none is there: tasks have no network; a container may name hosts: [api.example.org:443]",
        })
        .default("none"),
      hosts: z
        .array(hostSchema, { error: "must be a list such as [api.example.org:443]" })
        .max(limits.hosts, { error: `has at most ${limits.hosts} hosts` })
        .default([]),
    },
    { error: "must be a map such as {cpu: 1, mem: 1Gi}" },
  )
  .transform(({ cpu, mem, disk, gpu: card, hosts }) => ({
    cpuCores: cpu,
    memoryBytes: mem,
    diskBytes: disk,
    gpu: card === null ? null : { count: card.count, vramBytes: card.vram, arch: card.arch },
    // One order, each once: one meaning has one digest.
    ...(hosts.length === 0 ? {} : { hosts: [...new Set(hosts)].sort() }),
  }));

const outputs = mapOf(nameSchema, outputPathSchema, limits.outputs)
  .transform((map) => Object.entries(map).map(([name, path]) => ({ name, path })))
  .refine((list) => new Set(list.map(({ path }) => path)).size === list.length, {
    error: "two outputs have the same path",
  });

const stepLimits = z.object(
  {
    fuel: integerSchema(1, limits.fuel).nullable().default(null),
    nan: z.enum(["any", "canonical"], { error: "must be any (the default) or canonical" }).default("any"),
  },
  { error: "must be a map such as {fuel: 5000000000}" },
);

const checkpoint = z
  .object(
    {
      maxSize: sizeSchema(1, limits.checkpointBytes).default(documentDefaults.checkpointBytes),
      every: durationSchema(limits.checkpointEveryMsMin, limits.checkpointEveryMsMax).default(
        documentDefaults.checkpointEveryMs,
      ),
      grace: durationSchema(0, limits.checkpointGraceMsMax).default(documentDefaults.checkpointGraceMs),
    },
    { error: "must be a map such as {maxSize: 64Mi, every: 30s, grace: 10s}" },
  )
  .transform(({ maxSize, every, grace }) => ({ bytes: maxSize, everyMs: every, graceMs: grace }));

const stepKeys = {
  run,
  class: runtimeClass.optional(),
  needs: needs.prefault({}),
  outputs: outputs.prefault({}),
  timeout: durationSchema(limits.timeoutMsMin, limits.timeoutMsMax).default(documentDefaults.timeoutMs),
  limits: stepLimits.prefault({}),
};

const budget = z.object(
  {
    max: amountSchema.nullable().default(null),
    perTask: amountSchema.default(documentDefaults.perTask),
  },
  { error: 'must be a map such as {max: "12 USD", perTask: "0.02 USD"}' },
);

/** The document as an author writes it. */
export const documentSchema = z.object(
  {
    version: z.literal(1, { error: "must be 1" }),
    name: titleSchema(limits.jobNameLength).default(""),
    labels: mapOf(nameSchema, titleSchema(limits.labelValueLength), limits.labels).default({}),
    ...stepKeys,
    checkpoint: checkpoint.nullable().default(null),
    inputs: mapOf(nameSchema, sourceSchema, limits.jobInputs).default({}),
    each: eachSchema.optional(),
    reduce: z.object(stepKeys, { error: "must be a map such as {run: {wasm: ./merge.wasm}}" }).nullable().default(null),
    trust: trustSchema.prefault("quorum"),
    budget: budget.prefault({}),
    deadline: durationSchema(limits.deadlineMsMin, limits.deadlineMsMax).default(documentDefaults.deadlineMs),
    priority: z.enum(["urgent", "normal", "spare"], { error: "must be urgent, normal or spare" }).default("normal"),
    retry: z.object({ max: integerSchema(0, limits.retryMax).nullable().default(null) }, mapping).prefault({}),
    seed: integerSchema(0, limits.seedMax).default(documentDefaults.seed),
    referees: z
      .array(addressSchema, { error: "must be a list of operators' addresses" })
      .max(limits.referees, { error: `has at most ${limits.referees} addresses` })
      .default([]),
  },
  { error: "must be a map that starts with version: 1" },
);

/** What the schema makes of a document. */
export type DocumentShape = z.infer<typeof documentSchema>;
