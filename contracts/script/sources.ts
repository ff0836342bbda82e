// Fingerprints what the generated bindings depend on, so that their freshness can be checked without compiling.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { contractsDir } from "./forge.ts";

/** The settings of foundry.toml that change bytecode; tests and fuzzing do not. */
const COMPILER_KEYS = ["solc", "via_ir", "optimizer", "optimizer_runs", "evm_version", "remappings"];

function soliditySources(): string[] {
  return readdirSync(join(contractsDir, "src"), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".sol"))
    .sort();
}

function compilerSettings(): string[] {
  const lines = readFileSync(join(contractsDir, "foundry.toml"), "utf8").split(/\r?\n/);
  return lines.filter((line) => COMPILER_KEYS.includes(line.split("=")[0]?.trim() ?? ""));
}

/** SHA-256 over Solidity sources, compiler settings and pinned compiler and library versions, as 64 hex digits. */
export function sourceHash(): string {
  const hash = createHash("sha256");
  const add = (part: string): void => {
    hash.update(`${Buffer.byteLength(part)}:${part}`);
  };
  const manifest: unknown = JSON.parse(readFileSync(join(contractsDir, "package.json"), "utf8"));
  add(JSON.stringify((manifest as { devDependencies: unknown }).devDependencies));
  for (const line of compilerSettings()) add(line);
  for (const path of soliditySources()) {
    add(path);
    add(readFileSync(join(contractsDir, "src", path), "utf8").replaceAll("\r\n", "\n"));
  }
  return hash.digest("hex");
}
