// Who this worker is: its hot key, its peer key, and the operator's consent to own it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { peerIdOfKey, readOrCreateKey, recover, type Wallet, type WorkerConsent, walletOf } from "@starling/node-kit";
import {
  type Address,
  isAddress,
  isSignature,
  type PeerId,
  peerIdHash,
  recordRegistrationDigest,
  registrationDigest,
  type Signature,
  type SigningDomain,
} from "@starling/protocol";
import type { WorkerSettings } from "../config.ts";

/** The worker's two keys, made at the first start. */
export interface WorkerKeys {
  readonly wallet: Wallet;
  /** Seed of the peer key. */
  readonly peerSeed: Uint8Array;
  readonly peerId: PeerId;
}

/** What the operator signed, and the registry took. */
export interface Registration {
  readonly operator: Address;
  readonly seq: number;
  readonly operatorSignature: Signature;
}

/** The worker can't be what its files say. */
export class IdentityError extends Error {
  override readonly name = "IdentityError";
  readonly code = "configuration";
}

type Paths = Pick<WorkerSettings, "dataDir" | "keyFile" | "peerKeyFile" | "registrationFile">;

/** Reads or makes both keys; throws `SecretFileError` for a file that others can read. */
export function workerKeys(paths: Paths): WorkerKeys {
  const wallet = walletOf(readOrCreateKey(paths.keyFile ?? join(paths.dataDir, "worker.key")));
  const peerSeed = readOrCreateKey(paths.peerKeyFile ?? join(paths.dataDir, "peer.key"));
  return { wallet, peerSeed, peerId: peerIdOfKey(peerSeed) };
}

/** The worker's half of its registration, for the operator who is to own it. */
export function consentOf(
  { wallet, peerId }: WorkerKeys,
  domain: SigningDomain,
  { operator, seq }: { readonly operator: Address; readonly seq: number },
): WorkerConsent {
  const hash = peerIdHash(peerId);
  if (hash === null) throw new IdentityError(`${peerId} is not a peer id`);
  const claim = { operator, worker: wallet.address, peerIdHash: hash, seq };
  return { ...claim, workerSignature: wallet.sign(registrationDigest(domain, claim)) };
}

/** Where the registration is looked for. */
export function registrationPath(paths: Paths): string {
  return paths.registrationFile ?? join(paths.dataDir, "registration.json");
}

/** Reads the registration and checks that it is this worker's; throws `IdentityError` that says what to do. */
export function readRegistration(path: string, keys: WorkerKeys, domain: SigningDomain): Registration {
  const ours = `worker ${keys.wallet.address}, peerIdHash ${peerIdHash(keys.peerId)}`;
  const found = parse(path, ours);
  const { operator, worker, seq, operatorSignature } = found;
  if (!isText(operator, isAddress) || !isText(operatorSignature, isSignature) || !isSequence(seq))
    throw new IdentityError(`${path} must hold operator, worker, peerIdHash, seq and operatorSignature as JSON`);
  if (worker !== keys.wallet.address || found.peerIdHash !== peerIdHash(keys.peerId))
    throw new IdentityError(`${path} registers another worker. This one is: ${ours}. Register it, or give its keys`);
  const owned = { operator, worker: keys.wallet.address, peerId: keys.peerId };
  const digest = recordRegistrationDigest(domain, owned, seq);
  if (digest === null || recover(digest, operatorSignature) !== operator)
    throw new IdentityError(`${path} is not signed by the operator ${operator} for this network. Sign it again`);
  return { operator, seq, operatorSignature };
}

function isText<T extends string>(value: unknown, holds: (text: string) => text is T): value is T {
  return typeof value === "string" && holds(value);
}

function isSequence(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function parse(path: string, ours: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new IdentityError(
      `there is no registration ${path}. Its operator makes one of what \`starling worker identity --operator ADDRESS\` prints (\`starling stake register\`): ${ours}`,
    );
  }
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === "object" && found !== null) return found as Readonly<Record<string, unknown>>;
  } catch {
    // Said below, without the parser's words, which differ between engines.
  }
  throw new IdentityError(`${path} is not a JSON object`);
}
