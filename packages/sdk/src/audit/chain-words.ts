// What the contracts' logs and answers say, read word by word: a few static types are all that an audit needs of the ABI.
import { type Address, type Hash, type Hex, isAddress, isHash, keccakText } from "@starling/protocol";
import { StarlingError } from "../call-error.ts";

/** Events of the escrow and of the registry that move money, as Solidity declares them: types in their order, indexed ones first. */
export const auditedEvents = {
  EscrowCreated: "EscrowCreated(bytes32,address,address,uint96,uint64,bytes32,bytes32,uint16)",
  EscrowToppedUp: "EscrowToppedUp(bytes32,bytes32,uint96,uint64,bytes32,bytes32)",
  Allotted: "Allotted(bytes32,address,uint96,uint64)",
  Paid: "Paid(bytes32,address,uint96,uint96)",
  Released: "Released(bytes32,address,uint96)",
  Reclaimed: "Reclaimed(bytes32,address,uint96)",
  ResultsCommitted: "ResultsCommitted(bytes32,uint32,bytes32,uint64,uint64,bool)",
  Refunded: "Refunded(bytes32,address,uint96)",
  EscrowClosed: "EscrowClosed(bytes32,uint96,uint96)",
  Pledged: "Pledged(bytes32,address,uint128,uint128,uint64)",
  PledgeReleased: "PledgeReleased(bytes32,address,uint128)",
  Slashed: "Slashed(bytes32,address,uint128,address)",
} as const;

/** Views of the contracts that an audit asks. */
export const auditedViews = {
  escrow: "escrow(bytes32)",
  account: "account(bytes32,address)",
  pledgeOf: "pledgeOf(bytes32,address)",
} as const;

export type AuditedEvent = keyof typeof auditedEvents;

const byTopic = new Map<string, AuditedEvent>(
  Object.entries(auditedEvents).map(([name, signature]) => [keccakText(signature), name as AuditedEvent]),
);

/** The topic of an event. */
export function topicOf(event: AuditedEvent): Hash {
  return keccakText(auditedEvents[event]);
}

/** One event: its escrow, which is the first indexed word of each, the other indexed words, and the rest. */
export interface AuditedLog {
  readonly name: AuditedEvent;
  /** The contract that said it. */
  readonly address: string;
  readonly escrowId: Hash;
  readonly topics: readonly Hash[];
  readonly words: readonly Hash[];
}

/** The events among raw logs that an audit reads, in the order of the chain. */
export function auditedLogs(raw: unknown): readonly AuditedLog[] {
  if (!Array.isArray(raw)) throw malformed("its logs are no list");
  return raw.flatMap((log: unknown) => {
    const { address, topics, data } = log as { address?: unknown; topics?: unknown; data?: unknown };
    if (typeof address !== "string" || !Array.isArray(topics) || typeof data !== "string")
      throw malformed("a log is no log");
    const name = byTopic.get(String(topics[0]));
    if (name === undefined) return [];
    const [escrowId, ...others] = topics.slice(1).map(wordIn);
    if (escrowId === undefined) throw malformed("an event names no escrow");
    return [{ name, address: address.toLowerCase(), escrowId, topics: others, words: wordsIn(data) }];
  });
}

/** The words of an answer. */
export function wordsIn(data: unknown): readonly Hash[] {
  if (typeof data !== "string" || !/^0x([0-9a-f]{64})*$/i.test(data)) throw malformed("an answer is not made of words");
  return (data.slice(2).match(/.{64}/g) ?? []).map((word) => wordIn(`0x${word}`));
}

/** An unsigned integer in a word. */
export function uintIn(words: readonly Hash[], index: number): bigint {
  return BigInt(wordAt(words, index));
}

/** An account in a word. */
export function addressIn(words: readonly Hash[], index: number): Address {
  const address = `0x${wordAt(words, index).slice(26)}`;
  if (!isAddress(address)) throw malformed("a word is not an account");
  return address;
}

/** A word as it is. */
export function wordAt(words: readonly Hash[], index: number): Hash {
  const word = words[index];
  if (word === undefined) throw malformed("an answer is too short");
  return word;
}

/** The data of a call whose arguments are words. */
export function callData(view: keyof typeof auditedViews, args: readonly (Hash | Address)[]): Hex {
  const selector = keccakText(auditedViews[view]).slice(0, 10);
  return `${selector as Hex}${args.map((arg) => arg.slice(2).padStart(64, "0")).join("")}`;
}

function wordIn(word: unknown): Hash {
  const text = String(word).toLowerCase();
  if (!isHash(text)) throw malformed("a word is not 32 bytes");
  return text;
}

function malformed(what: string): StarlingError {
  return new StarlingError("unavailable", `the chain's node answers what no node should: ${what}`);
}
