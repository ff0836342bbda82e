// `starling stake`: the operator's money behind his workers, and the workers that he owns.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  type OwnerChain,
  OwnerError,
  type RedeemableVoucher,
  type Redemption,
  type WorkerConsent,
} from "@starling/node-kit";
import {
  type Address,
  anyPledge,
  type EscrowId,
  formatAmount,
  isAddress,
  isHash,
  isSignature,
  parseBaseUnits,
} from "@starling/protocol";
import { StarlingError } from "@starling/sdk";
import type { Command } from "commander";
import {
  addressFrom,
  amountFrom,
  type OwnerOptions,
  onChain,
  verb,
  walletFrom,
  withChain,
  withKey,
} from "../options.ts";
import { print } from "../print.ts";
import { addJuryCommands } from "./jury.ts";

export function addStakeCommands(program: Command): void {
  const stake = program.command("stake").description("Stake money behind workers, and get it back");
  const signed = (usage: string, description: string): Command => withKey(onChain(verb(stake, usage, description)));
  signed("status", "Show an operator's stake, what of it is pledged, and when it may leave")
    .option("--address <address>", "the operator (default: the key file's account)")
    .action(status);
  signed("add", "Stake more of your money").requiredOption("--amount <amount>", 'how much, like "100 USD"').action(add);
  signed("register", "Own a worker: send its consent to the registry, and write its registration file")
    .requiredOption("--consent <file>", "what `starling worker identity` printed on the worker's machine")
    .option("--out <file>", "where the worker's registration goes", "registration.json")
    .option("--pledge <amount>", "most of your stake that it may pledge by itself, or `any`", "any")
    .action(register);
  signed("allow", "Change how much of your stake a worker may pledge by itself")
    .requiredOption("--worker <address>", "the worker's hot key")
    .requiredOption("--pledge <amount>", "an amount, or `any`")
    .action(allow);
  signed("redeem", "Cash a worker's vouchers, where its coordinator does not pay: the money goes to the worker")
    .requiredOption("--vouchers <file>", "vouchers.json of the worker's data folder")
    .action(redeem);
  addJuryCommands(stake);
  signed("unbond", "Start to leave with the whole stake; workers can pledge no more").action(unbond);
  signed("stay", "Stop leaving").action(stay);
  signed("withdraw", "Take out what is not pledged, once the delay is over").action(withdraw);
}

async function redeem(options: OwnerOptions): Promise<void> {
  const vouchers = vouchersIn(options.vouchers ?? "");
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    const brought: Record<string, string> = {};
    let isWhole = true;
    for (const voucher of vouchers) {
      const redemption = await chain.redeem(wallet, voucher, waiting);
      brought[voucher.escrowId] = redemptionText(redemption);
      isWhole &&= redemption.kind === "redeemed" || redemption.kind === "paid";
    }
    print(vouchers.length === 0 ? { vouchers: "none" } : brought, options.output);
    if (!isWhole) throw new OwnerError("not every voucher could be redeemed");
  });
}

function redemptionText(redemption: Redemption): string {
  switch (redemption.kind) {
    case "redeemed":
      return `${formatAmount(redemption.amount)} redeemed`;
    case "paid":
      return "paid already";
    case "unknownEscrow":
      return "this chain knows no such escrow: is it the network of the voucher?";
    case "closed":
      return `the escrow is closed; ${formatAmount(redemption.owed)} were not claimed in time`;
    case "notAllotted":
      return `the allotment is used up; ${formatAmount(redemption.owed)} are not covered`;
  }
}

async function report(chain: OwnerChain, operator: Address, options: OwnerOptions): Promise<void> {
  const [{ stake, pledged }, leavesAt] = await Promise.all([
    chain.queries.stake(operator),
    chain.queries.leavesAt(operator),
  ]);
  const withdrawable = leavesAt === null ? null : new Date(leavesAt * 1_000).toISOString();
  print(
    { operator, stake: formatAmount(stake), pledged: formatAmount(pledged), "may withdraw from": withdrawable },
    options.output,
  );
}

async function status(options: OwnerOptions): Promise<void> {
  const operator =
    options.address === undefined ? (await walletFrom(options)).address : addressFrom(options.address, "address");
  await withChain(options, (chain) => report(chain, operator, options));
}

async function add(options: OwnerOptions): Promise<void> {
  const amount = amountFrom(options.amount, "amount");
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    const has = await chain.queries.tokenBalance(wallet.address, waiting);
    if (has < amount)
      throw new StarlingError(
        "escrowUnfunded",
        `${wallet.address} holds ${formatAmount(has)}, and ${formatAmount(amount)} were to be staked; \`starling wallet balance\` shows more`,
      );
    await chain.addStake(wallet, { operator: wallet.address, amount }, waiting);
    await report(chain, wallet.address, options);
  });
}

async function register(options: OwnerOptions): Promise<void> {
  const consent = consentIn(options.consent ?? "");
  const allowance = pledgeFrom(options.pledge);
  const wallet = await walletFrom(options);
  const registration = await withChain(options, (chain, waiting) =>
    chain.register(wallet, { consent, allowance }, waiting),
  );
  const out = resolve(options.out ?? "registration.json");
  writeFileSync(out, `${JSON.stringify(registration, null, 2)}\n`, { mode: 0o600 });
  print({ operator: wallet.address, worker: consent.worker, registration: out }, options.output);
}

async function allow(options: OwnerOptions): Promise<void> {
  const worker = addressFrom(options.worker, "worker");
  const allowance = pledgeFrom(options.pledge);
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    await chain.allow(wallet, { worker, allowance }, waiting);
    const node = await chain.queries.node(worker, waiting);
    const left = node?.pledgeAllowance ?? 0n;
    print({ worker, "may pledge": left === anyPledge ? "any amount" : formatAmount(left) }, options.output);
  });
}

async function unbond(options: OwnerOptions): Promise<void> {
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    await chain.unbond(wallet, waiting);
    await report(chain, wallet.address, options);
  });
}

async function stay(options: OwnerOptions): Promise<void> {
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    await chain.stay(wallet, waiting);
    await report(chain, wallet.address, options);
  });
}

async function withdraw(options: OwnerOptions): Promise<void> {
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    await chain.withdraw(wallet, waiting);
    await report(chain, wallet.address, options);
  });
}

function pledgeFrom(text: string | undefined): bigint {
  return text === "any" ? anyPledge : amountFrom(text, "pledge");
}

function vouchersIn(path: string): readonly RedeemableVoucher[] {
  const { worker, vouchers } = jsonIn(path, "a worker writes it into its data folder");
  const rows: readonly unknown[] = Array.isArray(vouchers) ? vouchers : [null];
  return rows.map((row) => {
    const { escrowId, cumulative, signature } = (row ?? {}) as Readonly<Record<string, unknown>>;
    const amount = typeof cumulative === "string" ? parseBaseUnits(cumulative) : null;
    const isWhole = isText(worker, isAddress) && isText(escrowId, isHash) && isText(signature, isSignature);
    if (!isWhole || amount === null)
      throw new StarlingError("configuration", `${path} must hold worker and vouchers, as a worker writes them`);
    return { escrowId: escrowId as EscrowId, worker, cumulative: amount, signature };
  });
}

function consentIn(path: string): WorkerConsent {
  const found = jsonIn(path, "`starling worker identity` prints it");
  const { operator, worker, peerIdHash, seq, workerSignature } = found;
  const isWhole =
    isText(operator, isAddress) &&
    isText(worker, isAddress) &&
    isText(peerIdHash, isHash) &&
    typeof seq === "number" &&
    Number.isSafeInteger(seq) &&
    isText(workerSignature, isSignature);
  if (!isWhole)
    throw new StarlingError(
      "configuration",
      `${path} must hold operator, worker, peerIdHash, seq and workerSignature, as \`starling worker identity\` prints them`,
    );
  return { operator, worker, peerIdHash, seq, workerSignature };
}

function jsonIn(path: string, origin: string): Readonly<Record<string, unknown>> {
  try {
    const found: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (typeof found === "object" && found !== null) return found as Readonly<Record<string, unknown>>;
  } catch (cause) {
    throw new StarlingError("configuration", `${path} can't be read as JSON; ${origin}`, { cause });
  }
  throw new StarlingError("configuration", `${path} is not a JSON object; ${origin}`);
}

function isText<T extends string>(value: unknown, holds: (text: string) => text is T): value is T {
  return typeof value === "string" && holds(value);
}
