// Fetches ONNX Runtime for the job: two files of an npm package at one version, none of whose install scripts is run.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PACKAGE = "onnxruntime-node@1.30.0";
const INTEGRITY = "sha512-twhs1C2C/BFkz1yc5OY0KIU2GUq6DURO7hD4bx5Q2Qy3nAMJwRXW8xU3NVczE29VA9lolLOYepoD8fjTGOfIqw==";
/** Where the package has the files. */
const FOLDER = "package/bin/napi-v6/linux/x64";
const FILES: Readonly<Record<string, string>> = {
  "libonnxruntime.so.1": "ffb75a925ba05e47b235bb66e3e3911714a80b328a9c9425539feb204aa32a23",
  "onnxruntime_binding.node": "ccdc60b981d93a490cf9513d3f583547252b6e285b72988a96a494f2f006c7b8",
};
const RUNTIME = join(import.meta.dirname, "runtime");
/** A machine without a mirror must not hold up all that comes after. */
const FETCH_LIMIT_MS = 300_000;

/** Makes sure that the files are there, and that they are the right ones. Returns why they aren't, or null. */
export function fetchRuntime(): string | null {
  if (areThere(RUNTIME)) return null;
  const folder = mkdtempSync(join(tmpdir(), "onnxruntime-"));
  try {
    return unpack(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function unpack(folder: string): string | null {
  const packed = run("npm", ["pack", PACKAGE, "--ignore-scripts", "--json", "--pack-destination", folder]);
  if (packed === null) return `npm does not give ${PACKAGE}`;
  const archive = join(folder, (JSON.parse(packed) as { filename: string }[])[0]?.filename ?? "");
  const sum = createHash("sha512").update(readFileSync(archive)).digest("base64");
  if (`sha512-${sum}` !== INTEGRITY) return `what npm gives for ${PACKAGE} is another package`;
  if (run("tar", ["-xzf", archive, "-C", folder, FOLDER]) === null) return `${PACKAGE} could not be unpacked`;
  if (!areThere(join(folder, FOLDER))) return `${PACKAGE} holds other files`;
  mkdirSync(RUNTIME, { recursive: true });
  for (const name of Object.keys(FILES)) copyFileSync(join(folder, FOLDER, name), join(RUNTIME, name));
  return null;
}

function areThere(folder: string): boolean {
  return Object.entries(FILES).every(([name, digest]) => {
    const path = join(folder, name);
    return existsSync(path) && createHash("sha256").update(readFileSync(path)).digest("hex") === digest;
  });
}

function run(command: string, words: readonly string[]): string | null {
  const { status, stdout } = spawnSync(command, words, { encoding: "utf8", timeout: FETCH_LIMIT_MS });
  return status === 0 ? stdout : null;
}

function main(): void {
  const problem = fetchRuntime();
  process.stdout.write(`${problem ?? "examples/onnx-batch/runtime holds ONNX Runtime 1.30.0"}\n`);
  process.exitCode = problem === null ? 0 : 1;
}

if (import.meta.main) main();
