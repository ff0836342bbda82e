// Messages of a coordinator between their plain form and the wire.

import type * as wire from "../generated/starling/v1/work.ts";
import { CoordinatorFrame } from "../generated/starling/v1/work.ts";
import { fromHex } from "../hex.ts";
import { limits } from "../limits.ts";
import type { CommitSetItem, CoordinatorBinding, CoordinatorMessage, LeaseItem, VerdictItem } from "../work-message.ts";
import { challengeFromWire, challengeToWire } from "./challenge-codec.ts";
import { checkpointFromWire, checkpointToWire } from "./checkpoint-codec.ts";
import { gpuFromWire, gpuToWire } from "./gpu-codec.ts";
import { hostsFromWire } from "./hosts-codec.ts";
import { pledgeWantedFromWire, pledgeWantedToWire } from "./pledge-codec.ts";
import {
  readAddress,
  readAmount,
  readHash,
  readInteger,
  readList,
  readOneOf,
  readPart,
  readPositive,
  readSignature,
  readText,
  readWord,
} from "./read.ts";
import { programFromWire, programToWire, signatureFromWire, signatureToWire } from "./task-codec.ts";
import { ticketFromWire, ticketTermsFromWire, ticketTermsToWire, ticketToWire } from "./ticket-codec.ts";
import { decodeWith, WireError } from "./wire-error.ts";
import type { Received } from "./worker-codec.ts";

type WireMessage = NonNullable<CoordinatorFrame["message"]>;

/** Bytes of a coordinator's message; `number` counts the frames of a stream, zero for a sender that does not count. */
export function encodeCoordinatorMessage(message: CoordinatorMessage, number = 0): Uint8Array {
  return CoordinatorFrame.encode({ number: BigInt(number), message: toWire(message) }).finish();
}

/** Reads a coordinator's message, every field checked; throws `WireError`. Signatures are not checked here: see `checkCoordinatorMessage`. */
export function decodeCoordinatorMessage(bytes: Uint8Array): Received<CoordinatorMessage> {
  if (bytes.length > limits.workFrameBytes)
    throw new WireError("frame", `has more than ${limits.workFrameBytes} bytes`);
  const frame = decodeWith("frame", () => CoordinatorFrame.decode(bytes));
  return {
    number: readInteger(frame.number, "number"),
    message: frame.message === undefined ? null : fromWire(frame.message),
  };
}

function toWire(message: CoordinatorMessage): WireMessage {
  switch (message.type) {
    case "hello":
      return {
        $case: "hello",
        value: {
          networkId: message.networkId,
          protocolVersion: message.protocolVersion,
          coordinator: fromHex(message.coordinator),
          epoch: BigInt(message.epoch),
          beatEveryMs: BigInt(message.beatEveryMs),
          binding: bindingToWire(message.binding),
        },
      };
    case "refused":
      return { $case: "refused", value: { code: message.code, message: message.message } };
    case "leases":
      return {
        $case: "leases",
        value: { items: message.items.map(leaseToWire), signed: signatureToWire(message.signed) },
      };
    case "commitSets":
      return {
        $case: "commitSets",
        value: { items: message.items.map(commitSetToWire), signed: signatureToWire(message.signed) },
      };
    case "verdicts":
      return {
        $case: "verdicts",
        value: { items: message.items.map(verdictToWire), signed: signatureToWire(message.signed) },
      };
    case "tickets": {
      const { terms, items: opened, signed } = message;
      const value = {
        ...ticketTermsToWire(terms),
        items: opened.map(ticketToWire),
        signed: signatureToWire(signed),
      };
      return { $case: "tickets", value };
    }
    case "voucher": {
      const { escrowId, cumulative, signature } = message;
      return {
        $case: "voucher",
        value: { escrowId: fromHex(escrowId), cumulative: String(cumulative), signature: fromHex(signature) },
      };
    }
    case "revokes":
      return {
        $case: "revokes",
        value: { leases: message.leases.map(({ leaseId, reason }) => ({ leaseId: fromHex(leaseId), reason })) },
      };
    case "pledgeWanted":
      return { $case: "pledgeWanted", value: pledgeWantedToWire(message) };
    case "challenge":
      return { $case: "challenge", value: challengeToWire(message) };
  }
}

function fromWire(message: WireMessage): CoordinatorMessage {
  switch (message.$case) {
    case "hello":
      return helloFromWire(message.value);
    case "refused":
      return {
        type: "refused",
        code: readWord(message.value.code, "code"),
        message: readText(message.value.message, "message"),
      };
    case "leases": {
      const { items: found, signed } = message.value;
      return { type: "leases", items: items(found, leaseFromWire), signed: signatureFromWire(signed, found) };
    }
    case "commitSets": {
      const { items: found, signed } = message.value;
      return { type: "commitSets", items: items(found, commitSetFromWire), signed: signatureFromWire(signed, found) };
    }
    case "verdicts": {
      const { items: found, signed } = message.value;
      return { type: "verdicts", items: items(found, verdictFromWire), signed: signatureFromWire(signed, found) };
    }
    case "tickets": {
      const { items: found, signed } = message.value;
      const terms = ticketTermsFromWire(message.value);
      return { type: "tickets", terms, items: items(found, ticketFromWire), signed: signatureFromWire(signed, found) };
    }
    case "voucher":
      return {
        type: "voucher",
        escrowId: readHash(message.value.escrowId, "escrowId"),
        cumulative: readAmount(message.value.cumulative, "cumulative"),
        signature: readSignature(message.value.signature, "signature"),
      };
    case "revokes":
      return {
        type: "revokes",
        leases: readList({ items: message.value.leases, path: "leases", max: limits.holding }, (lease, path) => ({
          leaseId: readHash(lease.leaseId, `${path}.leaseId`),
          reason: readText(lease.reason, `${path}.reason`),
        })),
      };
    case "challenge":
      return { type: "challenge", ...challengeFromWire(message.value) };
    case "pledgeWanted":
      return { type: "pledgeWanted", ...pledgeWantedFromWire(message.value) };
  }
}

function items<T, R>(found: readonly T[], read: (item: T, path: string) => R): readonly R[] {
  return readList({ items: found, path: "items", max: limits.frameItems }, read);
}

function helloFromWire(hello: wire.CoordinatorHello): CoordinatorMessage {
  return {
    type: "hello",
    networkId: readText(hello.networkId, "networkId", limits.wordLength),
    protocolVersion: readPositive(hello.protocolVersion, "protocolVersion"),
    coordinator: readAddress(hello.coordinator, "coordinator"),
    epoch: readInteger(hello.epoch, "epoch"),
    beatEveryMs: readPositive(hello.beatEveryMs, "beatEveryMs"),
    binding: hello.binding === undefined ? null : bindingFromWire(hello.binding),
  };
}

function bindingToWire(binding: CoordinatorBinding | null): wire.CoordinatorBinding | undefined {
  if (binding === null) return undefined;
  return { notAfter: BigInt(binding.notAfter), signature: fromHex(binding.signature) };
}

function bindingFromWire({ notAfter, signature }: wire.CoordinatorBinding): CoordinatorBinding {
  return {
    notAfter: readInteger(notAfter, "binding.notAfter"),
    signature: readSignature(signature, "binding.signature"),
  };
}

function leaseToWire(item: LeaseItem): wire.LeaseOffer {
  return {
    leaseId: fromHex(item.leaseId),
    jobId: fromHex(item.jobId),
    step: item.step,
    index: item.index,
    taskSpec: fromHex(item.taskSpec),
    attempt: item.attempt,
    escrowId: fromHex(item.escrowId),
    payer: fromHex(item.payer),
    price: String(item.price),
    fine: String(item.fine),
    leaseMs: BigInt(item.leaseMs),
    traceId: item.traceId,
    task: programToWire(item.task),
    ...(item.resume === undefined ? {} : { resume: checkpointToWire(item.resume) }),
    ...(item.gpu === undefined ? {} : { gpu: gpuToWire(item.gpu) }),
    hosts: [...(item.hosts ?? [])],
  };
}

function leaseFromWire(found: wire.LeaseOffer, path: string): LeaseItem {
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    jobId: readHash(found.jobId, `${path}.jobId`),
    step: readWord(found.step, `${path}.step`),
    index: readInteger(found.index, `${path}.index`),
    taskSpec: readHash(found.taskSpec, `${path}.taskSpec`),
    attempt: readInteger(found.attempt, `${path}.attempt`, limits.uint32),
    escrowId: readHash(found.escrowId, `${path}.escrowId`),
    payer: readAddress(found.payer, `${path}.payer`),
    price: readAmount(found.price, `${path}.price`),
    fine: readAmount(found.fine, `${path}.fine`),
    leaseMs: readPositive(found.leaseMs, `${path}.leaseMs`),
    traceId: readText(found.traceId, `${path}.traceId`, limits.wordLength),
    task: programFromWire(readPart(found.task, `${path}.task`), `${path}.task`),
    ...(found.resume === undefined ? {} : { resume: checkpointFromWire(found.resume, `${path}.resume`) }),
    ...(found.gpu === undefined ? {} : { gpu: gpuFromWire(found.gpu, `${path}.gpu`) }),
    ...hostsFromWire(found.hosts, `${path}.hosts`),
  };
}

function commitSetToWire(item: CommitSetItem): wire.CommitSet {
  return {
    taskSpec: fromHex(item.taskSpec),
    commitments: item.commitments.map(({ worker, attempt, commitment }) => ({
      worker: fromHex(worker),
      attempt,
      commitment: fromHex(commitment),
    })),
  };
}

function commitSetFromWire(found: wire.CommitSet, path: string): CommitSetItem {
  const list = { items: found.commitments, path: `${path}.commitments`, max: limits.commitSet };
  return {
    taskSpec: readHash(found.taskSpec, `${path}.taskSpec`),
    commitments: readList(list, (committed, at) => ({
      worker: readAddress(committed.worker, `${at}.worker`),
      attempt: readInteger(committed.attempt, `${at}.attempt`, limits.uint32),
      commitment: readHash(committed.commitment, `${at}.commitment`),
    })),
  };
}

function verdictToWire(item: VerdictItem): wire.Verdict {
  const { leaseId, taskSpec, attempt, verdict, reason } = item;
  return { leaseId: fromHex(leaseId), taskSpec: fromHex(taskSpec), attempt, verdict, reason };
}

function verdictFromWire(found: wire.Verdict, path: string): VerdictItem {
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    taskSpec: readHash(found.taskSpec, `${path}.taskSpec`),
    attempt: readInteger(found.attempt, `${path}.attempt`, limits.uint32),
    verdict: readOneOf(found.verdict, ["accepted", "rejected", "unneeded"], `${path}.verdict`),
    reason: readText(found.reason, `${path}.reason`),
  };
}
