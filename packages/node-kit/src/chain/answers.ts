// Reading a node's answers: quantities, hashes, headers and logs, checked as far as we rely on them.
import { type Address, type Hash, type Hex, isAddress, isHash, isHex } from "@starling/protocol";
import { RpcError } from "./rpc-error.ts";

/** A block header, as far as we need it. */
export interface BlockHeader {
  readonly number: number;
  readonly hash: Hash;
  readonly parentHash: Hash;
  readonly timestampSeconds: number;
  /** Wei per unit of gas. */
  readonly baseFeePerGas: bigint;
}

/** A log with its place. */
export interface RawLog {
  readonly address: Address;
  readonly topics: readonly Hash[];
  readonly data: Hex;
  readonly blockNumber: number;
  readonly blockHash: Hash;
  readonly txHash: Hash;
  readonly logIndex: number;
}

/** An object's field, or undefined. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Object.getOwnPropertyDescriptor(value, name)?.value : undefined;
}

/** A hexadecimal quantity. */
export function quantity(value: unknown, what: string): bigint {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw malformed(what);
  return BigInt(value);
}

/** A hexadecimal quantity that is a count or a moment. */
export function count(value: unknown, what: string): number {
  const number = Number(quantity(value, what));
  if (!Number.isSafeInteger(number)) throw malformed(what);
  return number;
}

/** 32 bytes. */
export function hashIn(value: unknown, what: string): Hash {
  const text = lower(value, what);
  if (!isHash(text)) throw malformed(what);
  return text;
}

/** Bytes of any length. */
export function hexIn(value: unknown, what: string): Hex {
  const text = lower(value, what);
  if (!isHex(text)) throw malformed(what);
  return text;
}

/** An account or contract. */
function addressIn(value: unknown, what: string): Address {
  const text = lower(value, what);
  if (!isAddress(text)) throw malformed(what);
  return text;
}

/** A block header, from a block or a `newHeads` notice. */
export function headerIn(value: unknown): BlockHeader {
  return {
    number: count(fieldOf(value, "number"), "block number"),
    hash: hashIn(fieldOf(value, "hash"), "block hash"),
    parentHash: hashIn(fieldOf(value, "parentHash"), "parent hash"),
    timestampSeconds: count(fieldOf(value, "timestamp"), "block time"),
    baseFeePerGas: quantity(fieldOf(value, "baseFeePerGas") ?? "0x0", "base fee"),
  };
}

/** One log. */
export function logIn(value: unknown): RawLog {
  const topics = fieldOf(value, "topics");
  if (!Array.isArray(topics)) throw malformed("log topics");
  return {
    address: addressIn(fieldOf(value, "address"), "log address"),
    topics: topics.map((topic: unknown) => hashIn(topic, "log topic")),
    data: hexIn(fieldOf(value, "data"), "log data"),
    blockNumber: count(fieldOf(value, "blockNumber"), "log block number"),
    blockHash: hashIn(fieldOf(value, "blockHash"), "log block hash"),
    txHash: hashIn(fieldOf(value, "transactionHash"), "log transaction"),
    logIndex: count(fieldOf(value, "logIndex"), "log index"),
  };
}

function lower(value: unknown, what: string): string {
  if (typeof value !== "string") throw malformed(what);
  return value.toLowerCase();
}

function malformed(what: string): RpcError {
  return new RpcError("malformed", `the node's answer has no sensible ${what}`);
}
