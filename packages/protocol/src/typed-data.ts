// EIP-712 digests of everything that is signed, with the same domains and types as the contracts.
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { type AbiValue, abiAddress, abiEncode, abiHash, abiUint } from "./abi-encode.ts";
import { concat, keccak, keccakHex } from "./digest.ts";
import type { Address, EscrowId, Hash } from "./ids.ts";
import type { JobOrder } from "./job.ts";
import type { PledgeAllowance, PledgeOrder } from "./pledge.ts";

/** Where signatures are valid: one chain and our contracts on it. */
export interface SigningDomain {
  readonly chainId: number;
  readonly jobEscrow: Address;
  readonly stakeRegistry: Address;
  readonly court: Address;
}

/** What a frame holds; part of what is signed, so that a signature for one kind is worth nothing for another. */
export type FrameKind = "lease" | "accept" | "commit" | "commitSet" | "verdict" | "ticket" | "anchor" | "receipt";

const DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const JOB_ORDER =
  "JobOrder(address requester,address coordinator,uint128 budget,bytes32 specHash,bytes32 lotteryRoot,uint64 deadline,bytes32 salt)";
const COORDINATOR_BINDING =
  "CoordinatorBinding(string networkId,bytes peerId,address coordinator,uint64 epoch,uint64 notAfter)";
const VOUCHER = "Voucher(bytes32 escrowId,address worker,uint128 cumulative)";
const BATCH_RECEIPT = "BatchReceipt(bytes32 escrowId,bytes32 resultsRoot,uint128 fine)";
const FRAME = "Frame(string kind,bytes32 root,uint32 count,uint64 epoch,uint64 sequence)";
const OFFER = "Offer(bytes32 offerHash)";
const PEER_BINDING = "PeerBinding(bytes peerId,address worker,uint64 seq,uint64 notAfter)";
const REGISTRATION = "Registration(address operator,address worker,bytes32 peerIdHash,uint64 seq)";
const PLEDGE_ORDER = "PledgeOrder(bytes32 escrowId,address operator,uint128 total,uint64 releaseBy,uint64 deadline)";
const PLEDGE_ALLOWANCE = "PledgeAllowance(address worker,uint128 allowance,uint64 seq)";
const PERMIT = "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)";

// Both follow from their keys alone, so remembering them changes nothing but the speed.
const typeHashes = new Map<string, AbiValue>();
const separators = new Map<string, Uint8Array>();

/** What the payer signs for a job. */
export function jobOrderDigest(domain: SigningDomain, order: JobOrder): Hash {
  return digest(escrowSeparator(domain), JOB_ORDER, orderWords(order));
}

/** What the coordinator signs so that the worker can redeem by itself. */
export function voucherDigest(
  domain: SigningDomain,
  voucher: { escrowId: EscrowId; worker: Address; cumulative: bigint },
): Hash {
  const words = [abiHash(voucher.escrowId), abiAddress(voucher.worker), abiUint(voucher.cumulative, 128)];
  return digest(escrowSeparator(domain), VOUCHER, words);
}

/** What a worker signs over a frame of reveals: the receipt that a court accepts. `resultsRoot` is the root of the receipt leaves. */
export function batchReceiptDigest(
  domain: SigningDomain,
  receipt: { escrowId: EscrowId; resultsRoot: Hash; fine: bigint },
): Hash {
  const words = [abiHash(receipt.escrowId), abiHash(receipt.resultsRoot), abiUint(receipt.fine, 128)];
  return digest(separator("Starling DisputeCourt", domain.chainId, domain.court), BATCH_RECEIPT, words);
}

/** The signed summary of a frame. */
export interface FrameSummary {
  readonly kind: FrameKind;
  /** Merkle root over the item hashes. */
  readonly root: Hash;
  /** Number of items: without it a proof for padding would look like one for an item. */
  readonly count: number;
  /** The coordinator's epoch, so that a frame from before a restart is told apart. */
  readonly epoch: number;
  /** Rises with every frame of a signer, so that no two frames are the same. */
  readonly sequence: number;
}

/** What is signed over every other frame. */
export function frameDigest(domain: SigningDomain, frame: FrameSummary): Hash {
  const words = [
    textWord(frame.kind),
    abiHash(frame.root),
    abiUint(frame.count, 32),
    abiUint(frame.epoch, 64),
    abiUint(frame.sequence, 64),
  ];
  return digest(protocolSeparator(domain), FRAME, words);
}

/** What the coordinator signs over a gossiped offer. */
export function offerDigest(domain: SigningDomain, offerHash: Hash): Hash {
  return digest(protocolSeparator(domain), OFFER, [abiHash(offerHash)]);
}

/** What a coordinator's account signs to speak through a peer; `peerId` is the raw multihash, `notAfter` in seconds. */
export function coordinatorBindingDigest(
  domain: SigningDomain,
  binding: {
    readonly networkId: string;
    readonly peerId: Uint8Array;
    readonly coordinator: Address;
    readonly epoch: number;
    readonly notAfter: number;
  },
): Hash {
  const words = [
    textWord(binding.networkId),
    { word: keccak(binding.peerId) },
    abiAddress(binding.coordinator),
    abiUint(binding.epoch, 64),
    abiUint(binding.notAfter, 64),
  ];
  return digest(protocolSeparator(domain), COORDINATOR_BINDING, words);
}

/** What a worker's hot key signs to bind its peer id; `peerId` is the raw multihash, `notAfter` in seconds. */
export function peerBindingDigest(
  domain: SigningDomain,
  binding: { readonly peerId: Uint8Array; readonly worker: Address; readonly seq: number; readonly notAfter: number },
): Hash {
  const words = [
    { word: keccak(binding.peerId) },
    abiAddress(binding.worker),
    abiUint(binding.seq, 64),
    abiUint(binding.notAfter, 64),
  ];
  return digest(identitySeparator(domain), PEER_BINDING, words);
}

/** What an operator's cold key signs to own a worker; `peerIdHash` is keccak-256 of the raw multihash. */
export function registrationDigest(
  domain: SigningDomain,
  registration: {
    readonly operator: Address;
    readonly worker: Address;
    readonly peerIdHash: Hash;
    readonly seq: number;
  },
): Hash {
  const { operator, worker, peerIdHash, seq } = registration;
  return digest(identitySeparator(domain), REGISTRATION, [
    abiAddress(operator),
    abiAddress(worker),
    abiHash(peerIdHash),
    abiUint(seq, 64),
  ]);
}

/** What an operator or its worker signs to pledge stake to an escrow. */
export function pledgeOrderDigest(domain: SigningDomain, order: PledgeOrder): Hash {
  return digest(identitySeparator(domain), PLEDGE_ORDER, [
    abiHash(order.escrowId),
    abiAddress(order.operator),
    abiUint(order.total, 128),
    abiUint(order.releaseBySeconds, 64),
    abiUint(order.deadlineSeconds, 64),
  ]);
}

/** What an operator's cold key signs to let a worker pledge. */
export function pledgeAllowanceDigest(domain: SigningDomain, { worker, allowance, seq }: PledgeAllowance): Hash {
  const words = [abiAddress(worker), abiUint(allowance, 128), abiUint(seq, 64)];
  return digest(identitySeparator(domain), PLEDGE_ALLOWANCE, words);
}

/** The token's own EIP-712 domain, as the coordinator quotes it. */
export interface TokenDomain {
  /** As the token's contract says it, not as a wallet shows it. */
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  /** The token's contract. */
  readonly token: Address;
}

/** An EIP-2612 permit; `deadline` in seconds. */
export interface PermitMessage {
  /** The payer. */
  readonly owner: Address;
  /** The escrow contract. */
  readonly spender: Address;
  /** Base units. */
  readonly value: bigint;
  /** The owner's next nonce in the token's contract. */
  readonly nonce: bigint;
  readonly deadline: number;
}

/** What the payer signs so that the escrow contract may take the deposit. */
export function permitDigest(token: TokenDomain, permit: PermitMessage): Hash {
  const words = [
    abiAddress(permit.owner),
    abiAddress(permit.spender),
    abiUint(permit.value),
    abiUint(permit.nonce),
    abiUint(permit.deadline),
  ];
  return digest(
    separatorOf({ name: token.name, version: token.version, chainId: token.chainId, contract: token.token }),
    PERMIT,
    words,
  );
}

/** `keccak256(abi.encode(uint256 chainid, address JobEscrow, JobOrder order))`: known before the escrow exists. */
export function escrowIdOf(domain: SigningDomain, order: JobOrder): EscrowId {
  return keccakHex(abiEncode([abiUint(domain.chainId), abiAddress(domain.jobEscrow), ...orderWords(order)]));
}

// In the order of the struct in Solidity: all members are static, so its encoding is just these words.
function orderWords(order: JobOrder): readonly AbiValue[] {
  return [
    abiAddress(order.requester),
    abiAddress(order.coordinator),
    abiUint(order.budget, 128),
    abiHash(order.specHash),
    abiHash(order.lotteryRoot),
    abiUint(order.deadline, 64),
    abiHash(order.salt),
  ];
}

function escrowSeparator(domain: SigningDomain): Uint8Array {
  return separator("Starling JobEscrow", domain.chainId, domain.jobEscrow);
}

function protocolSeparator(domain: SigningDomain): Uint8Array {
  return separator("Starling Protocol", domain.chainId, domain.jobEscrow);
}

function identitySeparator(domain: SigningDomain): Uint8Array {
  return separator("Starling Identity", domain.chainId, domain.stakeRegistry);
}

function separator(name: string, chainId: number, contract: Address): Uint8Array {
  return separatorOf({ name, version: "1", chainId, contract });
}

function separatorOf(domain: { name: string; version: string; chainId: number; contract: Address }): Uint8Array {
  const { name, version, chainId, contract } = domain;
  const key = `${chainId}/${contract}/${version}/${name}`;
  const known = separators.get(key);
  if (known !== undefined) return known;
  const made = keccak(
    abiEncode([textWord(DOMAIN), textWord(name), textWord(version), abiUint(chainId), abiAddress(contract)]),
  );
  // A process sees a handful of domains; receipts of foreign networks must not fill the memory.
  if (separators.size > 256) separators.clear();
  separators.set(key, made);
  return made;
}

function digest(domainSeparator: Uint8Array, type: string, words: readonly AbiValue[]): Hash {
  const struct = keccak(abiEncode([typeHash(type), ...words]));
  return keccakHex(concat(Uint8Array.of(0x19, 0x01), domainSeparator, struct));
}

function typeHash(type: string): AbiValue {
  const known = typeHashes.get(type);
  if (known !== undefined) return known;
  const made = textWord(type);
  typeHashes.set(type, made);
  return made;
}

// EIP-712 stands for a dynamic value by its hash.
function textWord(text: string): AbiValue {
  return { word: keccak(utf8ToBytes(text)) };
}
