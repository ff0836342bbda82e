// Compiles a Solidity file with the compiler and the rules of our contracts.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import type { Hex } from "@starling/protocol";
import type { InterfaceAbi } from "ethers";

const contracts = resolve(import.meta.dirname, "../../../contracts");

/** A compiled contract. */
export interface Compiled {
  readonly abi: InterfaceAbi;
  readonly bytecode: Hex;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<
    Record<string, Readonly<Record<string, { abi: InterfaceAbi; evm: { bytecode: { object: string } } }>>>
  >;
}

/** All contracts of one file that imports nothing, by name. Throws with the compiler's words. */
export function compileFile(path: string): ReadonlyMap<string, Compiled> {
  const solc: { compile(input: string): string } = createRequire(resolve(contracts, "package.json"))("solc");
  const settings = {
    optimizer: { enabled: true, runs: 10_000 },
    evmVersion: "prague",
    outputSelection: { "*": { "*": ["abi", "evm.bytecode.object"] } },
  };
  const sources = { file: { content: readFileSync(path, "utf8") } };
  const output = JSON.parse(solc.compile(JSON.stringify({ language: "Solidity", sources, settings }))) as Output;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return new Map(
    Object.entries(output.contracts.file ?? {}).map(([name, { abi, evm }]) => [
      name,
      { abi, bytecode: `0x${evm.bytecode.object}` },
    ]),
  );
}
