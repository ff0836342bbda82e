#!/usr/bin/env node
// Lets forge use the solc that comes from npm: answers `--version` and `--standard-json`, refuses anything else.
const VERSION = "0.8.37+commit.f401782d.Emscripten.clang";
const flags = process.argv.slice(2);
if (flags.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${VERSION}\n`);
} else if (flags.includes("--standard-json")) {
  process.stdout.write(require("solc").compile(require("node:fs").readFileSync(0, "utf8")));
} else {
  process.stderr.write(`solc.cjs answers --version and --standard-json only, not: ${flags.join(" ")}\n`);
  process.exitCode = 1;
}
