// A key on disk and what may be signed with it. The key itself never leaves this file's closures.
import { chmod, open, stat } from "node:fs/promises";
import {
  type Address,
  addressOfSecretKey,
  batchReceiptDigest,
  type EscrowId,
  type FrameSummary,
  frameDigest,
  fromHex,
  type Hash,
  isHash,
  type JobOrder,
  jobOrderDigest,
  offerDigest,
  type PermitMessage,
  type PledgeAllowance,
  peerBindingDigest,
  permitDigest,
  pledgeAllowanceDigest,
  registrationDigest,
  type Signature,
  type SigningDomain,
  type TokenDomain,
  type TokenPermit,
  toHex,
  voucherDigest,
} from "@starling/protocol";
import { systemEntropy } from "../entropy.ts";
import { sign } from "./signing.ts";

/** An account that can sign. */
export interface Wallet {
  readonly address: Address;
  sign(digest: Hash): Signature;
}

/** Why a key file was not used. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
  readonly code = "keyFile";
}

/** A wallet of 32 secret bytes. */
export function walletOf(secretKey: Uint8Array): Wallet {
  const kept = Uint8Array.from(secretKey);
  return { address: addressOfSecretKey(kept), sign: (digest) => sign(kept, digest) };
}

/** Reads a key file: 0x and 64 hexadecimal digits, readable by its owner alone. Throws `KeyFileError`, or the file system's error. */
export async function loadWallet(path: string): Promise<Wallet> {
  const file = await open(path, "r");
  try {
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      const found = (mode & 0o777).toString(8);
      throw new KeyFileError(`${path} may be read by others (mode ${found}); run: chmod 600 ${path}`);
    }
    const text = (await file.readFile("utf8")).trim();
    if (!isHash(text)) throw new KeyFileError(`${path} does not hold 0x and 64 lower-case hexadecimal digits`);
    return walletOf(fromHex(text));
  } finally {
    await file.close();
  }
}

/** Makes a fresh key in a new file that only its owner can read. Throws when the file exists. */
export async function createWallet(path: string): Promise<Wallet> {
  return storeKey(path, systemEntropy.bytes(32));
}

/** Writes a given key into a new file that only its owner can read. Throws when the file exists. */
export async function storeKey(path: string, secretKey: Uint8Array): Promise<Wallet> {
  const wallet = walletOf(secretKey);
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(`${toHex(secretKey)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  // The process's umask may have taken bits away, never given any.
  if (((await stat(path)).mode & 0o777) !== 0o600) await chmod(path, 0o600);
  return wallet;
}

/** The payer's signature of a job order. */
export function signOrder(wallet: Wallet, domain: SigningDomain, order: JobOrder): Signature {
  return wallet.sign(jobOrderDigest(domain, order));
}

/** The payer's permit of the token; `permit.owner` must be the wallet's account. */
export function signPermit(wallet: Wallet, token: TokenDomain, permit: PermitMessage): TokenPermit {
  return { value: permit.value, deadline: permit.deadline, signature: wallet.sign(permitDigest(token, permit)) };
}

/** The coordinator's voucher for a worker. */
export function signVoucher(
  wallet: Wallet,
  domain: SigningDomain,
  voucher: { readonly escrowId: EscrowId; readonly worker: Address; readonly cumulative: bigint },
): Signature {
  return wallet.sign(voucherDigest(domain, voucher));
}

/** One signature over all items of a frame. */
export function signFrame(wallet: Wallet, domain: SigningDomain, frame: FrameSummary): Signature {
  return wallet.sign(frameDigest(domain, frame));
}

/** A worker's signature over a frame of reveals: the receipt that a court accepts. */
export function signBatchReceipt(
  wallet: Wallet,
  domain: SigningDomain,
  receipt: { readonly escrowId: EscrowId; readonly resultsRoot: Hash; readonly fine: bigint },
): Signature {
  return wallet.sign(batchReceiptDigest(domain, receipt));
}

/** The coordinator's signature over a gossiped offer. */
export function signOffer(wallet: Wallet, domain: SigningDomain, offerHash: Hash): Signature {
  return wallet.sign(offerDigest(domain, offerHash));
}

/** A worker's half of the tie between its two keys. `peerId` is the raw multihash, `notAfter` in seconds. */
export function signPeerBinding(
  wallet: Wallet,
  domain: SigningDomain,
  binding: { readonly peerId: Uint8Array; readonly seq: number; readonly notAfter: number },
): Signature {
  return wallet.sign(peerBindingDigest(domain, { ...binding, worker: wallet.address }));
}

/** An operator's consent that a worker pledges its stake, up to an allowance. */
export function signPledgeAllowance(wallet: Wallet, domain: SigningDomain, allowance: PledgeAllowance): Signature {
  return wallet.sign(pledgeAllowanceDigest(domain, allowance));
}

/** An operator's consent to own a worker. */
export function signRegistration(
  wallet: Wallet,
  domain: SigningDomain,
  registration: { readonly worker: Address; readonly peerIdHash: Hash; readonly seq: number },
): Signature {
  return wallet.sign(registrationDigest(domain, { ...registration, operator: wallet.address }));
}
