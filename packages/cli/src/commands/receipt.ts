// `starling receipt verify`: checks a receipt without asking anybody.
import {
  type Address,
  answersOfWorker,
  exitCode,
  type Hash,
  isAddress,
  isHash,
  parseReceipt,
  type Receipt,
  type VerifyOptions,
  verifyReceipt,
} from "@starling/protocol";
import { heldFiles, measureAgain, StarlingError } from "@starling/sdk";
import type { Command } from "commander";
import { readText, trustedNetwork } from "../files.ts";
import { formatOne } from "../output/format.ts";
import { answersText, verdictText } from "../output/receipt.ts";
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
    .option("--root <hash...>", "the anchored root as you read it from the chain yourself")
    .option("--results <folder>", "check the files that `job results` put there, and measure compared outputs again")
    .option("--worker <address>", "say too what the receipt says of this worker: its answers, audits, pay and tickets");
}

const verify: Action = async (context, [path], options) => {
  const text = await readText(path ?? "", "receipt");
  const parsed = parseReceipt(text);
  if (!parsed.ok) {
    context.print(
      formatOne(
        { ok: false, problem: parsed.problem },
        { lines: [["the receipt does NOT hold", parsed.problem.trim()]], name: "failed" },
        context.format,
      ),
    );
    return exitCode.verificationFailed;
  }
  const worker = workerOf(options.worker);
  const { receipt } = parsed;
  const verdict = verifyReceipt(receipt, {
    network: await trustedNetwork(context, options.trust),
    roots: rootsOf(options.root),
    ...(await heldIn(receipt, options.results)),
  });
  const answers = worker === null ? null : answersOfWorker(receipt, worker);
  if (context.isForPeople) context.print(verdictText(verdict) + (answers === null ? "" : answersText(answers)));
  else {
    const value = answers === null ? verdict : { ...verdict, answers };
    context.print(formatOne(value, { lines: [], name: verdict.ok ? "ok" : "failed" }, context.format));
  }
  return verdict.ok ? exitCode.ok : exitCode.verificationFailed;
};

// The content of every file, and every distance whose two files are there.
async function heldIn(receipt: Receipt, folder: unknown): Promise<Pick<VerifyOptions, "files" | "measured">> {
  if (typeof folder !== "string") return {};
  return { files: await heldFiles(receipt, folder), measured: await measureAgain(receipt, folder) };
}

function rootsOf(given: unknown): readonly Hash[] | null {
  const roots = (Array.isArray(given) ? given : []).map((root) => String(root).toLowerCase());
  return roots.length === 0
    ? null
    : roots.map((root) => {
        if (isHash(root)) return root;
        throw new StarlingError("invalidArgument", `--root takes 0x and 64 hexadecimal digits, not "${root}"`);
      });
}

function workerOf(given: unknown): Address | null {
  if (typeof given !== "string") return null;
  const worker = given.toLowerCase();
  if (isAddress(worker)) return worker;
  throw new StarlingError("invalidArgument", `--worker takes an address, 0x and 40 hexadecimal digits, not "${given}"`);
}
