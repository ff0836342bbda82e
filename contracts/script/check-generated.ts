// Fails when the committed ABIs and bytecode are older than the Solidity sources; needs no compiler.
import { contractsSourceHash } from "../../packages/node-kit/src/chain/generated/abi.ts";
import { sourceHash } from "./sources.ts";

const current = sourceHash();
if (current === contractsSourceHash) {
  process.stdout.write(`generated bindings are fresh (sources ${current.slice(0, 12)})\n`);
} else {
  process.stderr.write("generated bindings are stale: run `node contracts/script/generate.ts` and commit the result\n");
  process.exitCode = 1;
}
