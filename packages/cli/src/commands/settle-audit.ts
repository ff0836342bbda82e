// `starling settle audit`: the same money in three accounts that nobody but the auditor brings together.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type EscrowId, exitCode, hasChain, isHash, type NetworkFile, type Receipt } from "@starling/protocol";
import {
  auditEscrows,
  type ChainNode,
  chainNode,
  heldVouchers,
  receiptIn,
  resolveJobId,
  type StarlingClient,
  StarlingError,
  voucherCheckOf,
} from "@starling/sdk";
import type { Command } from "commander";
import { readText, trustedNetwork } from "../files.ts";
import { auditText } from "../output/audit.ts";
import { figuresOf } from "../output/audit-figures.ts";
import { formatOne } from "../output/format.ts";
import { type Action, command } from "./command.ts";

export function addAuditCommand(settle: Command): void {
  command(settle, "audit", {
    description: "Compare chain, coordinator and receipts to the last unit; the exit code is 4 on any difference",
    run: audit,
  })
    .option("--job <id>", "only the escrow of this job")
    .option("--escrow <id>", "only this escrow")
    .option(
      "--trust <network.json>",
      "the network whose contracts and coordinators are trusted (default: the one of client.json)",
    )
    .option("--rpc-url <url>", "the chain's node that is asked; overrides the network file's")
    .option(
      "--receipts <folder>",
      "receipts that you kept, anywhere in this folder, for jobs that the coordinator dropped or hides",
    )
    .option(
      "--vouchers <file...>",
      "vouchers.json of workers: what they hold is compared with what the coordinator says",
    )
    .option("--json", "the same as -o json");
}

const audit: Action = async (context, _args, options) => {
  const network = await trustedNetwork(context, options.trust);
  const node = nodeOf(network, options.rpcUrl);
  try {
    const receipts = await receiptsIn(options.receipts);
    const held = await vouchersIn(network, options.vouchers);
    const audits = await context.withClient(async (client) => {
      const only = await escrowOf(client, options);
      return await auditEscrows({ client, node, network, receipts, held }, only);
    });
    const escrows = audits.map(figuresOf);
    const isClean = escrows.every(({ differences }) => differences.length === 0);
    const format = options.json === true ? "json" : context.format;
    if (context.isForPeople && format !== "json") context.print(auditText(escrows));
    else context.print(formatOne({ ok: isClean, escrows }, { lines: [], name: isClean ? "ok" : "differs" }, format));
    return isClean ? exitCode.ok : exitCode.verificationFailed;
  } finally {
    node?.close();
  }
};

function nodeOf(network: NetworkFile, given: unknown): ChainNode | null {
  if (!hasChain(network)) return null;
  const { rpcUrl } = network;
  const url = typeof given === "string" ? given : rpcUrl;
  if (url === undefined)
    throw new StarlingError("configuration", "the network file names no node of the chain: name one with --rpc-url");
  return chainNode(url);
}

async function escrowOf(
  client: StarlingClient,
  { job, escrow }: Readonly<Record<string, unknown>>,
): Promise<EscrowId | null> {
  if (typeof escrow === "string") {
    const id = escrow.toLowerCase();
    if (isHash(id)) return id;
    throw new StarlingError("invalidArgument", `--escrow takes 0x and 64 hexadecimal digits, not "${escrow}"`);
  }
  if (typeof job !== "string") return null;
  const answer = await client.jobs.getJob({ jobId: await resolveJobId(client, job) });
  return (answer.job?.escrowId ?? "0x") as EscrowId;
}

// As `job results` leaves them: one `receipt.json` for each job, wherever.
async function receiptsIn(folder: unknown): Promise<readonly Receipt[]> {
  if (typeof folder !== "string") return [];
  const names = await readdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new StarlingError("invalidArgument", `cannot read the folder of receipts ${folder}`, { cause });
  });
  const found: Receipt[] = [];
  for (const name of names.filter((one) => one.endsWith(".json")).sort()) {
    const receipt = receiptIn(await readText(join(folder, name), "receipt"));
    // Other files are none of ours.
    if (receipt !== null) found.push(receipt);
  }
  return found;
}

async function vouchersIn(network: NetworkFile, given: unknown): Promise<ReturnType<typeof heldVouchers>> {
  const paths = Array.isArray(given) ? given.map(String) : [];
  const check = voucherCheckOf(network);
  const all = await Promise.all(paths.map(async (path) => heldVouchers(await readText(path, "vouchers"), check)));
  return all.flat();
}
