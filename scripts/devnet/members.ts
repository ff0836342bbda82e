// Who takes part in a devnet: names, addresses, keys, and the files that the daemons read them from.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import {
  type DevnetAccounts,
  type DevnetRegistration,
  devnetKey,
  devnetPlace,
  peerIdOfKey,
  signRegistration,
  storeKey,
  systemEntropy,
  type Wallet,
  writeKey,
} from "@starling/node-kit";
import { type Address, type PeerId, peerIdHash, type SigningDomain } from "@starling/protocol";
import { daemonPlaces, type Places, refereeIp, workerIp } from "./places.ts";

/** A worker of the devnet, the referee included. */
export interface Member {
  readonly name: string;
  readonly role: "worker" | "referee";
  /** Loopback address that it listens and dials from. */
  readonly ip: string;
  readonly worker: Wallet;
  readonly operator: Wallet;
  readonly peerSeed: Uint8Array;
  readonly peerId: PeerId;
  /** Place of its hot key in the development mnemonic. */
  readonly keyIndex: number;
}

/** The first and only registration of each worker. */
const registrationSeq = 1;

/** All workers: worker 1 belongs to operator 1 and so on, the referee to the payer. Peer keys are fresh. */
export function membersOf(accounts: DevnetAccounts, withReferee: boolean): readonly Member[] {
  const members = accounts.workers.map((worker, i) => {
    const operator = accounts.operators[i] ?? accounts.payer;
    const keyIndex = devnetPlace("worker", i);
    return {
      ...newPeer(),
      name: `worker-${i + 1}`,
      role: "worker",
      ip: workerIp(i + 1),
      worker,
      operator,
      keyIndex,
    } as const;
  });
  if (!withReferee) return members;
  const { referee: worker, payer: operator } = accounts;
  const keyIndex = devnetPlace("referee");
  return [...members, { ...newPeer(), name: "referee", role: "referee", ip: refereeIp, worker, operator, keyIndex }];
}

/** A fresh peer key. */
export function newPeer(): { readonly peerSeed: Uint8Array; readonly peerId: PeerId } {
  const peerSeed = systemEntropy.bytes(32);
  return { peerSeed, peerId: peerIdOfKey(peerSeed) };
}

/** What the chain is told of the workers. */
export function registrationsOf(members: readonly Member[]): readonly DevnetRegistration[] {
  return members.map(({ worker, operator, peerId }) => ({
    worker,
    operator,
    peerIdHash: hashOf(peerId),
    seq: registrationSeq,
  }));
}

function hashOf(peerId: PeerId): ReturnType<typeof peerIdHash> & string {
  const hash = peerIdHash(peerId);
  if (hash === null) throw new Error(`${peerId} is not a peer id`);
  return hash;
}

/** Writes a worker's keys, and its operator's consent, which is all that a worker gets of the cold key. */
export async function writeMemberFiles(places: Places, member: Member, domain: SigningDomain): Promise<void> {
  const files = daemonPlaces(places, member.name);
  await writeKeys(files, { accountIndex: member.keyIndex, peerSeed: member.peerSeed });
  const { operator, worker, peerId } = member;
  const claim = { worker: worker.address, peerIdHash: hashOf(peerId), seq: registrationSeq };
  const operatorSignature = signRegistration(operator, domain, claim);
  const consent = { operator: operator.address, ...claim, operatorSignature };
  writeFileSync(files.registrationFile, `${JSON.stringify(consent, null, 2)}\n`, { mode: 0o600 });
}

/** Writes an account's key of the development mnemonic and a peer key, readable by their owner alone. */
export async function writeKeys(
  files: { readonly keyFile: string; readonly peerKeyFile: string },
  keys: { readonly accountIndex: number; readonly peerSeed: Uint8Array },
): Promise<void> {
  mkdirSync(dirname(files.keyFile), { recursive: true, mode: 0o700 });
  await storeKey(files.keyFile, devnetKey(keys.accountIndex));
  writeKey(files.peerKeyFile, keys.peerSeed);
}

/** Writes the payer's key; the command line signs orders with it. */
export async function writePayerKey(places: Places): Promise<Address> {
  mkdirSync(dirname(places.payerKeyFile), { recursive: true, mode: 0o700 });
  return (await storeKey(places.payerKeyFile, devnetKey(devnetPlace("payer")))).address;
}
