// Fails when the version that solc.cjs tells forge isn't that of the installed compiler.
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { contractsDir } from "./forge.ts";

const solc = createRequire(import.meta.url)("solc") as { version(): string };
const told = execFileSync(process.execPath, [join(contractsDir, "solc.cjs"), "--version"], { encoding: "utf8" });
const installed = solc.version();
if (told.includes(`Version: ${installed}\n`)) {
  process.stdout.write(`compiler ${installed}\n`);
} else {
  process.stderr.write(`solc.cjs names another compiler than the installed ${installed}: ${told}`);
  process.exitCode = 1;
}
