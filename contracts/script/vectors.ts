// Writes test/vectors/*.json with ethers, an implementation that is neither our Solidity nor our TypeScript.
// Run without arguments to write, with `--check` to compare with what is committed.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  AbiCoder,
  concat,
  encodeBytes32String,
  keccak256,
  TypedDataEncoder,
  toUtf8Bytes,
  Wallet,
  ZeroHash,
} from "ethers";
import { contractsDir } from "./forge.ts";
import { typedMessages } from "./typed-messages.ts";

const TARGET = join(contractsDir, "..", "test", "vectors");
const REPLICA = "tuple(address worker,uint32 attempt,bytes32 resultHash)";
const ORDER =
  "tuple(address requester,address coordinator,uint128 budget,bytes32 specHash,bytes32 lotteryRoot,uint64 deadline,bytes32 salt)";

const CHAIN_ID = 31337;
/** Devnet-only key number `n`, made from a public text; also the source of the vectors' addresses. */
const wallet = (n: number): Wallet => new Wallet(text(`starling vector key ${n}`));

function text(source: string): string {
  return keccak256(toUtf8Bytes(source));
}

function packed(types: readonly string[], values: readonly unknown[]): string {
  return keccak256(AbiCoder.defaultAbiCoder().encode(types, values));
}

function leaf(n: number) {
  const [taskSpec, digest, salt] = [text(`task ${n}`), text(`digest ${n}`), text(`salt ${n}`)];
  const worker = wallet(10).address.toLowerCase();
  const [attempt, index] = [n % 4, n];
  const resultHash = packed(["bytes32", "bytes32"], [taskSpec, digest]);
  const replicas = Array.from({ length: (n % 3) + 1 }, (_, at) => ({
    worker: wallet(10 + at).address.toLowerCase(),
    attempt: attempt + at,
    resultHash: at === 2 ? text(`dissent ${n}`) : resultHash,
  }));
  const replicasHash = packed([`${REPLICA}[]`], [replicas]);
  return {
    index,
    taskSpec,
    attempt,
    digest,
    salt,
    worker,
    resultHash,
    receiptLeaf: packed(["bytes32", "uint32", "bytes32"], [taskSpec, attempt, resultHash]),
    replicas,
    replicasHash,
    resultLeaf: packed(
      ["uint64", "bytes32", "uint32", "bytes32", "bytes32"],
      [index, taskSpec, attempt, resultHash, replicasHash],
    ),
    commitment: packed(
      ["bytes32", "uint32", "address", "bytes32", "bytes32"],
      [taskSpec, attempt, worker, digest, salt],
    ),
  };
}

function tree(count: number) {
  const leaves = Array.from({ length: count }, (_, n) => leaf(n).resultLeaf);
  const depth = Math.ceil(Math.log2(count));
  const levels = [[...leaves, ...Array<string>(2 ** depth - count).fill(ZeroHash)]];
  for (let level = 0; level < depth; level += 1) {
    const below = levels[level] ?? [];
    const above = Array.from({ length: below.length / 2 }, (_, n) =>
      keccak256(concat([below[2 * n] ?? "", below[2 * n + 1] ?? ""])),
    );
    levels.push(above);
  }
  // The sibling on each level has the same number with its last bit flipped.
  const proofs = leaves.map((_, index) =>
    levels.slice(0, depth).map((nodes, level) => nodes[Math.floor(index / 2 ** level) ^ 1] ?? ""),
  );
  return { count, leaves, root: levels[depth]?.[0] ?? "", proofs };
}

async function typedData() {
  const messages = [];
  for (const [n, one] of typedMessages(CHAIN_ID, (at) => wallet(at).address.toLowerCase(), text).entries()) {
    const signer = wallet(n);
    messages.push({
      ...one,
      digest: TypedDataEncoder.hash(one.domain, one.types, one.message),
      signer: signer.address.toLowerCase(),
      privateKey: signer.privateKey,
      signature: await signer.signTypedData(one.domain, one.types, one.message),
    });
  }
  return { messages };
}

function escrowIds() {
  const cases = [1, 2, 3].map((n) => {
    const order = {
      requester: wallet(0).address.toLowerCase(),
      coordinator: wallet(n === 1 ? 0 : 1).address.toLowerCase(),
      budget: (10n ** BigInt(6 * n)).toString(),
      specHash: text(`spec ${n}`),
      lotteryRoot: n === 3 ? ZeroHash : text(`lottery ${n}`),
      deadline: 1_800_000_000 + n,
      salt: text(`order salt ${n}`),
    };
    const chainId = n === 3 ? 1 : CHAIN_ID;
    const escrow = wallet(20 + n).address.toLowerCase();
    return { chainId, escrow, order, escrowId: packed(["uint256", "address", ORDER], [chainId, escrow, order]) };
  });
  return { cases };
}

function disputes() {
  const cases = [1, 2, 3].map((n) => {
    const [escrowId, taskSpec, salt] = [text(`escrow ${n}`), text(`task ${n}`), text(`salt ${n}`)];
    const juror = wallet(30 + n).address.toLowerCase();
    const disputeId = packed(["bytes32", "bytes32"], [escrowId, taskSpec]);
    // The third juror abstains.
    const [round, digest] = [n === 2 ? 2 : 1, n === 3 ? ZeroHash : text(`digest ${n}`)];
    const types = ["bytes32", "uint8", "address", "bytes32", "bytes32"];
    const commitment = packed(types, [disputeId, round, juror, digest, salt]);
    const seat = packed(["bytes32", "address"], [encodeBytes32String("Starling jury seat"), juror]);
    return { escrowId, taskSpec, disputeId, round, juror, digest, salt, commitment, seat };
  });
  return { cases };
}

async function main(): Promise<void> {
  const files: Readonly<Record<string, unknown>> = {
    "leaves.json": { leaves: Array.from({ length: 8 }, (_, n) => leaf(n)) },
    "trees.json": { trees: [1, 2, 3, 5, 8].map(tree) },
    "typed-data.json": await typedData(),
    "escrow-ids.json": escrowIds(),
    "disputes.json": disputes(),
  };
  const isCheck = process.argv.includes("--check");
  for (const [name, content] of Object.entries(files)) {
    const path = join(TARGET, name);
    const next = `${JSON.stringify(content, null, 2)}\n`;
    if (!isCheck) writeFileSync(path, next);
    else if (readFileSync(path, "utf8") !== next) {
      process.stderr.write(`test/vectors/${name} differs from what ethers computes\n`);
      process.exitCode = 1;
    }
  }
  if (process.exitCode === undefined) {
    process.stdout.write(`vectors ${isCheck ? "agree with" : "written by"} ethers: ${Object.keys(files).join(", ")}\n`);
  }
}

await main();
