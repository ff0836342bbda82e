// Codecs and plain service descriptions from the wire schema: pure code that imports no gRPC and no Node type.
import { mkdir, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { GeneratedFile, Generator } from "./generated-file.ts";
import { runCommand } from "./run-command.ts";

const SCHEMA = "packages/protocol/proto";
const OUTPUT = "packages/protocol/src/generated";

// `Uint8Array` rather than `Buffer` (no env=node), literals rather than enums, bigint for every 64-bit integer.
const OPTIONS: readonly string[] = [
  "outputServices=generic-definitions",
  "enumsAsLiterals=true",
  "outputJsonMethods=false",
  "outputPartialMethods=false",
  "oneof=unions-value",
  "importSuffix=.ts",
  "forceLong=bigint",
  "useDate=false",
];

/** `packages/protocol/proto/*.proto` to `packages/protocol/src/generated/*.ts`. */
export const protobuf: Generator = {
  name: "protobuf",
  owns: [OUTPUT],
  async run(root) {
    const build = join(root, ".build");
    await mkdir(build, { recursive: true });
    const folder = await mkdtemp(join(build, "protobuf-"));
    try {
      await generateInto(root, folder);
      return await filesUnder(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function generateInto(root: string, folder: string): Promise<void> {
  const plugin = {
    local: [process.execPath, join(root, "node_modules/ts-proto/protoc-gen-ts_proto")],
    out: folder,
    opt: OPTIONS,
  };
  const template = JSON.stringify({ version: "v2", plugins: [plugin] });
  const buf = join(root, "node_modules/.bin/buf");
  const finished = await runCommand([buf, "generate", SCHEMA, "--template", template], root);
  if (finished.code !== 0) throw new Error(`buf generate failed:\n${finished.output}`);
}

async function filesUnder(folder: string): Promise<readonly GeneratedFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  const files: GeneratedFile[] = [];
  for (const name of names) {
    files.push({ path: `${OUTPUT}/${name}`, content: await readFile(join(folder, name), "utf8") });
  }
  return files;
}
