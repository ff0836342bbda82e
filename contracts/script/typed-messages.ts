// One sample message of each EIP-712 type that Starling signs, for the vectors.
import type { TypedDataDomain, TypedDataField } from "ethers";

/** A message with its domain and types, ready for any EIP-712 implementation. */
export interface TypedMessage {
  readonly name: string;
  readonly domain: TypedDataDomain;
  readonly primaryType: string;
  readonly types: Record<string, TypedDataField[]>;
  readonly message: Record<string, unknown>;
}

const TYPES: Readonly<Record<string, string>> = {
  JobOrder:
    "address requester,address coordinator,uint128 budget,bytes32 specHash,bytes32 lotteryRoot,uint64 deadline,bytes32 salt",
  Voucher: "bytes32 escrowId,address worker,uint128 cumulative",
  BatchReceipt: "bytes32 escrowId,bytes32 resultsRoot,uint128 fine",
  Frame: "string kind,bytes32 root,uint32 count,uint64 epoch,uint64 sequence",
  Offer: "bytes32 offerHash",
  PeerBinding: "bytes peerId,address worker,uint64 seq,uint64 notAfter",
  PledgeOrder: "bytes32 escrowId,address operator,uint128 total,uint64 releaseBy,uint64 deadline",
  PledgeAllowance: "address worker,uint128 allowance,uint64 seq",
  Registration: "address operator,address worker,bytes32 peerIdHash,uint64 seq",
};

const FRAME_KINDS = ["lease", "accept", "commit", "commitSet", "verdict", "anchor"];

function fields(primaryType: string): TypedDataField[] {
  return (TYPES[primaryType] ?? "").split(",").map((part) => {
    const [type = "", name = ""] = part.split(" ");
    return { type, name };
  });
}

/** The samples, over addresses and hashes that the caller derives; contracts stand at addresses 20 to 22. */
export function typedMessages(
  chainId: number,
  address: (n: number) => string,
  text: (source: string) => string,
): TypedMessage[] {
  const domain = (name: string, contract: number): TypedDataDomain => ({
    name,
    version: "1",
    chainId,
    verifyingContract: address(contract),
  });
  const [escrow, registry] = [domain("Starling JobEscrow", 20), domain("Starling Identity", 21)];
  const [court, protocol] = [domain("Starling DisputeCourt", 22), domain("Starling Protocol", 20)];
  const sample = (one: { primaryType: string; domain: TypedDataDomain; message: Record<string, unknown> }) => {
    return { name: one.primaryType, ...one, types: { [one.primaryType]: fields(one.primaryType) } };
  };
  const escrowId = text("escrow");
  const peerId = `0x0024080112${text("ed25519 public key").slice(2)}`;
  const order = {
    requester: address(0),
    coordinator: address(1),
    budget: "2500000",
    specHash: text("spec"),
    lotteryRoot: text("lottery"),
    deadline: 1_800_000_000,
    salt: text("order salt"),
  };
  return [
    sample({ primaryType: "JobOrder", domain: escrow, message: order }),
    sample({
      primaryType: "Voucher",
      domain: escrow,
      message: { escrowId, worker: address(10), cumulative: "340282366920938463463374607431768211455" },
    }),
    sample({
      primaryType: "BatchReceipt",
      domain: court,
      message: { escrowId, resultsRoot: text("results"), fine: "5000000" },
    }),
    sample({ primaryType: "Offer", domain: protocol, message: { offerHash: text("offer") } }),
    sample({
      primaryType: "PeerBinding",
      domain: registry,
      message: { peerId, worker: address(10), seq: 7, notAfter: 1_800_000_000 },
    }),
    sample({
      primaryType: "Registration",
      domain: registry,
      message: { operator: address(5), worker: address(10), peerIdHash: text("peer id"), seq: 7 },
    }),
    sample({
      primaryType: "PledgeOrder",
      domain: registry,
      message: { escrowId, operator: address(5), total: "5000000", releaseBy: 1_800_100_000, deadline: 1_800_000_000 },
    }),
    sample({
      primaryType: "PledgeAllowance",
      domain: registry,
      message: { worker: address(10), allowance: "340282366920938463463374607431768211455", seq: 2 },
    }),
    ...FRAME_KINDS.map((kind, n) => ({
      ...sample({
        primaryType: "Frame",
        domain: protocol,
        message: { kind, root: text(`frame ${kind}`), count: n + 1, epoch: 3, sequence: 100 + n },
      }),
      name: `Frame ${kind}`,
    })),
  ];
}
