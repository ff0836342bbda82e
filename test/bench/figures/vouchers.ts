// What money costs in computation: vouchers signed and verified, and the tree over a million results.
import { signingBackend, systemEntropy } from "@starling/node-kit";
import {
  type Address,
  addressOfSecretKey,
  type EscrowId,
  keccakText,
  merkleProof,
  merkleTree,
  merkleVerify,
  type Signature,
  type SigningDomain,
  voucherDigest,
} from "@starling/protocol";
import {
  fallbackSecp256k1,
  loadNativeSecp256k1,
  type Secp256k1,
} from "../../../packages/node-kit/src/chain/signing.ts";
import type { BenchContext, Figure } from "../figure.ts";
import { perSecond, seconds, timed, whole } from "../support/statistics.ts";

const leavesTotal = 2 ** 20;
const vouchersNative = 20_000;
const vouchersFallback = 1_000;
const warmVouchers = 200;
const beside = {
  goal: "-",
  peer: "own prototype 13,000 signed, 9,800 verified (native); ethers 770 and 330",
};

const escrowId = keccakText("escrow") as EscrowId;
const domain: SigningDomain = {
  chainId: 31_337,
  jobEscrow: addressOf("escrow"),
  stakeRegistry: addressOf("registry"),
  court: addressOf("court"),
};

/** Measures one after the other on one core. */
export function measure({ say }: BenchContext): Promise<readonly Figure[]> {
  const native = loadNativeSecp256k1();
  const figures = native === null ? [] : [vouchers(native, vouchersNative)];
  figures.push(vouchers(fallbackSecp256k1, vouchersFallback));
  say(`vouchers are done; daemons on this machine sign with the ${signingBackend()} library`);
  return tree().then((one) => [...figures, one]);
}

function vouchers(library: Secp256k1, count: number): Figure {
  const secretKey = systemEntropy.bytes(32);
  const signer = addressOfSecretKey(secretKey);
  const worker = addressOf("worker");
  const digestOf = (i: number) => voucherDigest(domain, { escrowId, worker, cumulative: BigInt(i) });
  const signAll = (first: number, last: number): readonly Signature[] =>
    Array.from({ length: last - first }, (_, i) => library.sign(secretKey, digestOf(first + i)));
  const verifyAll = (signatures: readonly Signature[]): number =>
    signatures.filter((signature, i) => library.recover(digestOf(i), signature) === signer).length;
  verifyAll(signAll(0, warmVouchers));
  const signing = cpuMs(() => signAll(0, count));
  const verifying = cpuMs(() => verifyAll(signing.result));
  if (verifying.result !== count) throw new Error(`${count - verifying.result} of ${count} vouchers were not verified`);
  const signedPerSecond = perSecond(count, signing.ms);
  const verifiedPerSecond = perSecond(count, verifying.ms);
  return {
    name: `vouchers, ${library.backend}`,
    ours: `${whole(signedPerSecond)}/s signed, ${whole(verifiedPerSecond)}/s verified`,
    how: `typed data hashed and signed, and hashed and its signer recovered, ${whole(count)} times; per second of CPU on one core`,
    values: { signedPerSecond, verifiedPerSecond },
    beside,
  };
}

async function tree(): Promise<Figure> {
  const leaves = Array.from({ length: leavesTotal }, (_, i) => keccakText(`leaf ${i}`));
  const before = process.memoryUsage().rss;
  const built = cpuMs(() => merkleTree(leaves));
  const bytes = process.memoryUsage().rss - before;
  const proving = await timed(() => merkleProof(built.result, leavesTotal - 1));
  const claim = {
    root: built.result.root,
    index: leavesTotal - 1,
    leaf: leaves.at(-1) ?? keccakText(""),
    proof: proving.result,
  };
  if (!merkleVerify(claim)) throw new Error("a proof of the tree does not hold");
  return {
    name: "tree of 2^20 results",
    ours: `${seconds(built.ms)} of CPU, ${Math.round(Math.max(0, bytes) / 2 ** 20)} MiB`,
    how: `positional Merkle tree over ${whole(leavesTotal)} hashes, all levels kept; a proof of its last leaf is checked`,
    values: { cpuMs: built.ms, bytes },
    beside: { goal: "-", peer: "own prototype 2.5 s in WebAssembly; @openzeppelin/merkle-tree 3.8 s for 20,000" },
  };
}

// CPU and not time: the machine may be busy with other things.
function cpuMs<T>(run: () => T): { readonly result: T; readonly ms: number } {
  const before = process.cpuUsage();
  const result = run();
  const { user, system } = process.cpuUsage(before);
  return { result, ms: (user + system) / 1_000 };
}

function addressOf(name: string): Address {
  return `0x${keccakText(name).slice(26)}` as Address;
}
