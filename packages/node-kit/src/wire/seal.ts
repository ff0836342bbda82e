// Signs frames: one signature over the Merkle root of a frame's items.
import { present } from "@starling/kernel";
import {
  batchReceiptDigest,
  type CoordinatorBinding,
  type CoordinatorGreeting,
  type EscrowId,
  type FrameKind,
  type FrameSignature,
  frameDigest,
  greetingDigest,
  type Hash,
  merkleRoot,
  type SignDigest,
  type SigningDomain,
} from "@starling/protocol";

/** What a process signs with. The sequence rises by one with every frame, so no two frames of an epoch are signed alike. */
export interface Sealer {
  readonly domain: SigningDomain;
  readonly sign: SignDigest;
  readonly epoch: number;
  nextSequence(): number;
}

/** A sealer that counts frames from one. */
export function createSealer(parts: Omit<Sealer, "nextSequence">): Sealer {
  let sequence = 0;
  return {
    domain: parts.domain,
    sign: parts.sign,
    // Read anew each time: a journal knows its epoch only once it is open.
    get epoch() {
      return parts.epoch;
    },
    nextSequence: () => {
      sequence += 1;
      return sequence;
    },
  };
}

/** Signs the root of the items' leaves as EIP-712 `Frame`. */
export function sealFrame(sealer: Sealer, kind: FrameKind, leaves: readonly Hash[]): FrameSignature {
  return sealRoot(sealer, { kind, root: merkleRoot(leaves), count: leaves.length });
}

/** Signs a root that is known already, such as that of an anchored batch. */
export function sealRoot(
  sealer: Sealer,
  frame: { readonly kind: FrameKind; readonly root: Hash; readonly count: number },
): FrameSignature {
  const summary = { ...frame, epoch: sealer.epoch, sequence: sealer.nextSequence() };
  const { root, count, epoch, sequence } = summary;
  return { root, count, epoch, sequence, signature: sealer.sign(frameDigest(sealer.domain, summary)) };
}

/** Signs the root of reveals as EIP-712 `BatchReceipt`: what a court accepts, with the fine that it names. */
export function sealReceipt(
  sealer: Sealer,
  receipt: { readonly escrowId: EscrowId; readonly fine: bigint; readonly leaves: readonly Hash[] },
): FrameSignature {
  const root = merkleRoot(receipt.leaves);
  const digest = batchReceiptDigest(sealer.domain, {
    escrowId: receipt.escrowId,
    resultsRoot: root,
    fine: receipt.fine,
  });
  return {
    root,
    count: receipt.leaves.length,
    epoch: sealer.epoch,
    sequence: sealer.nextSequence(),
    signature: sealer.sign(digest),
  };
}

/** How long a coordinator's proof of its account is good; streams that were greeted in time outlast it. */
const BINDING_SECONDS = 24 * 60 * 60;

/** Proves that the sealer's account speaks through a peer. */
export function sealGreeting(
  sealer: Sealer,
  greeting: Pick<CoordinatorGreeting, "networkId" | "coordinator" | "epoch">,
  from: { readonly peerId: string; readonly now: number },
): CoordinatorBinding {
  const notAfter = Math.ceil(from.now / 1_000) + BINDING_SECONDS;
  const digest = present(greetingDigest(sealer.domain, { ...greeting, notAfter }, from.peerId), "our own peer id");
  return { notAfter, signature: sealer.sign(digest) };
}
