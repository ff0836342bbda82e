// `starling wallet`: keys in files, and what they hold on chain.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemEntropy, writeSecretFile } from "@starling/node-kit";
import {
  type Address,
  addressOfSecretKey,
  formatAmount,
  fromHex,
  isAddress,
  isHash,
  sealKeystore,
  toHex,
} from "@starling/protocol";
import { askNewPassphrase, StarlingError } from "@starling/sdk";
import type { Command } from "commander";
import {
  addressFrom,
  amountFrom,
  keyPath,
  type OwnerOptions,
  onChain,
  verb,
  walletFrom,
  withChain,
  withKey,
} from "../options.ts";
import { print } from "../print.ts";

/** Gas for some thousand transactions on a devnet. */
const devnetWei = 100n * 10n ** 18n;

export function addWalletCommands(program: Command): void {
  const wallet = program.command("wallet").description("Make, list and look into wallets");
  const rawHelp = "hexadecimal text without a passphrase, as daemons need it to start unattended";
  withKey(verb(wallet, "create", "Make a key in a new file that only you can read"))
    .option("--raw", rawHelp)
    .action((options: OwnerOptions) => store(systemEntropy.bytes(32), options));
  withKey(verb(wallet, "import", "Read a key (64 hexadecimal digits) from standard input into a new file"))
    .option("--raw", rawHelp)
    .action((options: OwnerOptions) => store(keyFromInput(), options));
  withKey(verb(wallet, "show", "Show the address of a key file")).action(show);
  withKey(verb(wallet, "list", "List the wallets in the folder of the key file")).action(list);
  withKey(onChain(verb(wallet, "balance", "Show what an account holds: money, gas, stake")))
    .option("--address <address>", "the account (default: the key file's)")
    .action(balance);
  withKey(onChain(verb(wallet, "fund", "Give an account money and gas on a devnet")))
    .option("--address <address>", "the account (default: the key file's)")
    .option("--amount <amount>", "how much money", "1000 USD")
    .action(fund);
}

async function store(secretKey: Uint8Array, options: OwnerOptions): Promise<void> {
  const path = keyPath(options);
  // Asked first: nobody should choose a passphrase for nothing.
  if (statSync(path, { throwIfNoEntry: false }) !== undefined)
    throw new StarlingError(
      "configuration",
      `${path} exists, and keys are never overwritten; name another file with --key`,
    );
  const text =
    options.raw === true
      ? `${toHex(secretKey)}\n`
      : sealKeystore(secretKey, await askNewPassphrase(`the new wallet ${path}`), {
          salt: systemEntropy.bytes(32),
          iv: systemEntropy.bytes(16),
          id: systemEntropy.bytes(16),
        });
  writeSecretFile(path, text);
  print({ address: addressOfSecretKey(secretKey), file: path }, options.output);
}

function keyFromInput(): Uint8Array {
  if (process.stdin.isTTY) process.stderr.write("the key, 0x and 64 hexadecimal digits: ");
  const line = readFileSync(0, "utf8").trim().toLowerCase();
  const text = line.startsWith("0x") ? line : `0x${line}`;
  if (!isHash(text))
    throw new StarlingError("invalidArgument", "standard input must hold 64 hexadecimal digits, a secret key");
  return fromHex(text);
}

function show(options: OwnerOptions): void {
  const path = keyPath(options);
  const found = addressIn(path);
  if (found === null)
    throw new StarlingError("configuration", `${path} is not a key file; \`starling wallet create\` makes one`);
  print({ address: found, file: path }, options.output);
}

function list(options: OwnerOptions): void {
  const folder = dirname(keyPath(options));
  const names = statSync(folder, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(folder).sort();
  const pairs = names.flatMap((name) => {
    const found = addressIn(join(folder, name));
    return found === null ? [] : [[found, join(folder, name)] as const];
  });
  if (pairs.length === 0)
    throw new StarlingError("configuration", `there is no wallet in ${folder}; \`starling wallet create\` makes one`);
  print(Object.fromEntries(pairs), options.output);
}

// Without a passphrase: a keystore names its address, and the key of a raw file gives it.
function addressIn(path: string): Address | null {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined || !info.isFile() || info.size > 16_384) return null;
  const text = readFileSync(path, "utf8").trim();
  if (isHash(text)) return addressOfSecretKey(fromHex(text));
  try {
    const { address, version } = JSON.parse(text) as { readonly address?: unknown; readonly version?: unknown };
    const lower = typeof address === "string" && version === 3 ? `0x${address.replace(/^0x/, "").toLowerCase()}` : "";
    return isAddress(lower) ? lower : null;
  } catch {
    return null;
  }
}

async function account(options: OwnerOptions): Promise<Address> {
  if (options.address !== undefined) return addressFrom(options.address, "address");
  return addressIn(keyPath(options)) ?? (await walletFrom(options)).address;
}

async function balance(options: OwnerOptions): Promise<void> {
  const address = await account(options);
  await withChain(options, async ({ queries }, waiting) => {
    const [money, wei, { stake, pledged }] = await Promise.all([
      queries.tokenBalance(address, waiting),
      queries.etherBalance(address, waiting),
      queries.stake(address, waiting),
    ]);
    const gas = `${Number(wei / 10n ** 12n) / 1e6} ether for gas`;
    print(
      { address, money: formatAmount(money), gas, stake: formatAmount(stake), pledged: formatAmount(pledged) },
      options.output,
    );
  });
}

async function fund(options: OwnerOptions): Promise<void> {
  const tokens = amountFrom(options.amount, "amount");
  const address = await account(options);
  await withChain(options, (chain, waiting) => chain.fund(address, { tokens, wei: devnetWei }, waiting));
  await balance({ ...options, address });
}
