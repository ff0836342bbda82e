// Whether a coordinator's greeting comes from the account that it names: else any peer could pose as any coordinator.
import type { Millis } from "@starling/kernel";
import type { SignatureContext } from "./frame.ts";
import type { Hash } from "./ids.ts";
import { peerIdBytes } from "./peer-id.ts";
import { coordinatorBindingDigest, type SigningDomain } from "./typed-data.ts";
import type { CoordinatorBinding, CoordinatorMessage } from "./work-message.ts";

/** A coordinator's first message. */
export type CoordinatorGreeting = Extract<CoordinatorMessage, { type: "hello" }>;

/** What a coordinator's account signs for its peer id; null when that is none. */
export function greetingDigest(
  domain: SigningDomain,
  greeting: Pick<CoordinatorGreeting, "networkId" | "coordinator" | "epoch"> & Pick<CoordinatorBinding, "notAfter">,
  peerId: string,
): Hash | null {
  const bytes = peerIdBytes(peerId);
  if (bytes === null) return null;
  const { networkId, coordinator, epoch, notAfter } = greeting;
  return coordinatorBindingDigest(domain, { networkId, peerId: bytes, coordinator, epoch, notAfter });
}

/** Null when the account of a greeting speaks through the peer that it came from, or a sentence that says what is wrong. */
export function greetingProblem(
  greeting: CoordinatorGreeting,
  from: { readonly peerId: string; readonly now: Millis },
  context: SignatureContext,
): string | null {
  const { binding, coordinator } = greeting;
  if (binding === null)
    return "the coordinator does not prove its account: it speaks an older version and has to be updated";
  if (binding.notAfter * 1_000 <= from.now)
    return "the coordinator's proof of its account has expired; compare the clocks";
  const digest = greetingDigest(context.domain, { ...greeting, notAfter: binding.notAfter }, from.peerId);
  return digest !== null && context.recover(digest, binding.signature) === coordinator
    ? null
    : `the greeting is not signed by ${coordinator} for this peer`;
}
