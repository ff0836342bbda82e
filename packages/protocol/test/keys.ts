// Accounts, peers and signed records for tests, all from small numbers.
import {
  type Address,
  addressOfSecretKey,
  fromHex,
  type Hash,
  keccakText,
  type PeerId,
  peerIdOfSeed,
  type Recover,
  recordBindingDigest,
  recordEnvelopeDomain,
  recordPayload,
  recordPayloadType,
  recordRegistrationDigest,
  recoverAddress,
  type Signature,
  type SignedWorkerRecord,
  type SigningDomain,
  sealEnvelope,
  signDigest,
  toHex,
  type WorkerRecord,
  zeroHash,
} from "@starling/protocol";

export const domain: SigningDomain = {
  chainId: 31337,
  jobEscrow: `0x${"a1".repeat(20)}`,
  stakeRegistry: `0x${"a2".repeat(20)}`,
  court: `0x${"a3".repeat(20)}`,
};

export interface Account {
  readonly address: Address;
  sign(digest: Hash): Signature;
}

/** The same name has the same key. */
export function account(name: string): Account {
  const key = fromHex(keccakText(`account ${name}`));
  return { address: addressOfSecretKey(key), sign: (digest) => signDigest(key, digest) };
}

const recovered = new Map<string, Address | null>();

/** Recovery that remembers: properties ask for the same signatures again and again. */
export const recover: Recover = (digest, signature) => {
  const key = `${digest}${signature}`;
  const known = recovered.get(key);
  if (known !== undefined) return known;
  const made = recoverAddress(digest, signature);
  recovered.set(key, made);
  return made;
};

export interface TestWorker {
  readonly worker: Account;
  readonly operator: Account;
  readonly peerSeed: Uint8Array;
  readonly peerId: PeerId;
}

export function testWorker(name: string): TestWorker {
  const peerSeed = fromHex(keccakText(`peer ${name}`));
  return {
    worker: account(`worker ${name}`),
    operator: account(`operator ${name}`),
    peerSeed,
    peerId: peerIdOfSeed(peerSeed),
  };
}

export function recordOf(party: TestWorker, change: Partial<WorkerRecord> = {}): WorkerRecord {
  return {
    version: 1,
    networkId: "devnet",
    peerId: party.peerId,
    worker: party.worker.address,
    operator: party.operator.address,
    seq: 3,
    expiresAt: 1_700_000_600_000,
    resources: {
      arch: "x86_64",
      cpuModel: "cpu",
      cpuCores: 2,
      memoryBytes: 2 ** 32,
      diskBytes: 2 ** 34,
      accelerators: [],
    },
    classes: [{ name: "wasm", engine: "v8", calibration: zeroHash }],
    slots: 2,
    pricePerTask: 5_000n,
    addresses: ["/ip4/127.0.0.1/tcp/4001"],
    region: "",
    ...change,
  };
}

export function signRecord(party: TestWorker, record: WorkerRecord, registrationSeq = 1): SignedWorkerRecord {
  return {
    record,
    peerBindingSignature: party.worker.sign(recordBindingDigest(domain, record) ?? zeroHash),
    registration: {
      seq: registrationSeq,
      operatorSignature: party.operator.sign(recordRegistrationDigest(domain, record, registrationSeq) ?? zeroHash),
    },
    envelope: toHex(
      sealEnvelope(party.peerSeed, {
        domain: recordEnvelopeDomain,
        payloadType: recordPayloadType,
        payload: recordPayload(record),
      }),
    ),
  };
}
