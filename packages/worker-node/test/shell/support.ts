// What shell tests share: parties with real keys, folders that go away, and promises for things that must happen.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type ArtifactStore,
  type Network,
  type NetworkOptions,
  openArtifactStore,
  openNetwork,
  peerIdOfKey,
  signRegistration,
  systemEntropy,
  type Wallet,
  walletOf,
} from "@starling/node-kit";
import { peerIdHash, type SigningDomain, zeroHash } from "@starling/protocol";
import { onTestFinished } from "vitest";
import type { Registration, WorkerKeys } from "../../src/shell/identity.ts";
import { OwnRecord, type RecordParts } from "../../src/shell/own-record.ts";

export const networkId = "test";
export const domain: SigningDomain = {
  chainId: 31337,
  jobEscrow: `0x${"a1".repeat(20)}`,
  stakeRegistry: `0x${"a2".repeat(20)}`,
  court: `0x${"a3".repeat(20)}`,
};

/** How long a test waits for what must come. */
const DEADLINE_MS = 30_000;

/** A worker's keys with its operator's consent. */
export interface TestWorker {
  readonly keys: WorkerKeys;
  /** The hot key itself, for key files. */
  readonly secret: Uint8Array;
  readonly operator: Wallet;
  readonly registration: Registration;
}

export function newWallet(): Wallet {
  return walletOf(systemEntropy.bytes(32));
}

export function testWorker(): TestWorker {
  const peerSeed = systemEntropy.bytes(32);
  const secret = systemEntropy.bytes(32);
  const keys = { wallet: walletOf(secret), peerSeed, peerId: peerIdOfKey(peerSeed) };
  const operator = newWallet();
  const claim = { worker: keys.wallet.address, peerIdHash: peerIdHash(keys.peerId) ?? zeroHash, seq: 1 };
  const operatorSignature = signRegistration(operator, domain, claim);
  return { keys, secret, operator, registration: { operator: operator.address, seq: 1, operatorSignature } };
}

export function recordOf(worker: TestWorker, change: Partial<RecordParts> = {}): OwnRecord {
  return new OwnRecord({
    keys: worker.keys,
    registration: worker.registration,
    domain,
    networkId,
    epoch: 1,
    resources: { arch: "x86_64", cpuModel: "cpu", cpuCores: 2, memoryBytes: 1, diskBytes: 1, accelerators: [] },
    classes: [{ name: "wasm", engine: "V8", calibration: zeroHash }],
    slots: 2,
    pricePerTask: 100n,
    region: "",
    addresses: () => [],
    ...change,
  });
}

/** A folder of the test's own. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "starling-worker-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export async function newStore(directory: string): Promise<ArtifactStore> {
  return await openArtifactStore({ directory, bytesMax: 64 * 1024 * 1024 });
}

/** Opens a node on a free loopback port; close it after use. A node costs half a second of a core, so that tests share them. */
export async function openTestNode(options: Partial<NetworkOptions> = {}): Promise<Network> {
  return await openNetwork({
    networkId,
    privateKey: systemEntropy.bytes(32),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap: [],
    role: "client",
    profile: "small",
    topics: [],
    dht: false,
    gossip: false,
    ...options,
  });
}

/** Fails what takes too long, with the place of the call in the stack. */
export function within<T>(promise: Promise<T>): Promise<T> {
  const late = new Error(`nothing happened within ${DEADLINE_MS} ms`);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late), DEADLINE_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

export function deadline(): AbortSignal {
  return AbortSignal.timeout(DEADLINE_MS);
}

/** What happens, in order; a test takes one after the other and waits for what has not happened yet. */
export class Events<T> {
  readonly #happened: T[] = [];
  readonly #waiting: ((event: T) => void)[] = [];

  push(event: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#happened.push(event);
    else waiting(event);
  }

  async next(): Promise<T> {
    const event = this.#happened.shift();
    return event ?? (await within(new Promise<T>((resolve) => this.#waiting.push(resolve))));
  }

  /** The next one that fits; those before it are dropped. */
  async nextOf<U extends T>(fits: (event: T) => event is U): Promise<U> {
    for (;;) {
      const event = await this.next();
      if (fits(event)) return event;
    }
  }

  /** How many nobody took. */
  get left(): number {
    return this.#happened.length;
  }
}
