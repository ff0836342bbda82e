// `starling receipt verify`: checks a receipt without asking anybody.
import { readFile } from "node:fs/promises";
import { exitCode, isHash, parseNetworkFile, parseReceipt, verifyReceipt } from "@starling/protocol";
import { reasonOf, StarlingError } from "@starling/sdk";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { formatOne, table } from "../output/format.ts";
import { type Action, command } from "./command.ts";

export function addReceiptCommands(program: Command): void {
  const receipt = program.command("receipt").description("Check receipts");
  command(receipt, "verify <file>", {
    description: "Verify a receipt offline; the exit code is 4 on any mismatch",
    run: verify,
  })
    .option(
      "--trust <network.json>",
      "the network whose coordinators and contracts are trusted (default: the one of client.json)",
    )
    .option("--root <hash...>", "the anchored root as you read it from the chain yourself");
}

const verify: Action = async (context, [path], options) => {
  const text = await readText(path ?? "", "receipt");
  const parsed = parseReceipt(text);
  if (!parsed.ok) {
    context.print(
      formatOne(
        { ok: false, problem: parsed.problem },
        { lines: [["the receipt does NOT hold", parsed.problem]], name: "failed" },
        context.format,
      ),
    );
    return exitCode.verificationFailed;
  }
  const network = await trustedNetwork(context, options.trust);
  const roots = Array.isArray(options.root) ? options.root.map(String) : [];
  for (const root of roots)
    if (!isHash(root))
      throw new StarlingError("invalidArgument", `--root takes 0x and 64 hexadecimal digits, not "${root}"`);
  const verdict = verifyReceipt(parsed.receipt, {
    network,
    roots: roots.length === 0 ? null : roots.map((root) => root.toLowerCase() as `0x${string}`),
  });
  if (context.isForPeople) {
    const rows = verdict.checks.map((check) => [check.ok ? "ok" : "FAILED", check.name, check.detail]);
    context.print(`${table(rows)}${verdict.ok ? "the receipt holds" : "the receipt does NOT hold"}\n`);
  } else context.print(formatOne(verdict, { lines: [], name: verdict.ok ? "ok" : "failed" }, context.format));
  return verdict.ok ? exitCode.ok : exitCode.verificationFailed;
};

async function trustedNetwork(
  context: Context,
  given: unknown,
): Promise<Extract<ReturnType<typeof parseNetworkFile>, { ok: true }>["network"]> {
  const path = typeof given === "string" ? given : (await context.file()).network;
  if (path === undefined)
    throw new StarlingError("configuration", "no network to check against: name its file with --trust network.json");
  const parsed = parseNetworkFile(await readText(path, "network file"));
  if (!parsed.ok) throw new StarlingError("configuration", `${path} is not a network file: ${parsed.problem}`);
  return parsed.network;
}

async function readText(path: string, what: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new StarlingError("invalidArgument", `cannot read the ${what} ${path}: ${reasonOf(cause)}`, { cause });
  });
}
