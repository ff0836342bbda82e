// Messages of a worker between their plain form and the wire.

import type * as wire from "../generated/starling/v1/work.ts";
import { WorkerFrame } from "../generated/starling/v1/work.ts";
import { fromHex } from "../hex.ts";
import { limits } from "../limits.ts";
import {
  type CommitItem,
  declineReasons,
  type FailureItem,
  holdReasons,
  type LeaseProgress,
  type RevealItem,
  type WorkerMessage,
} from "../work-message.ts";
import { runtimeClasses } from "../worker-record.ts";
import { answerFromWire, answerToWire } from "./challenge-codec.ts";
import { checkpointsFromWire, checkpointToWire } from "./checkpoint-codec.ts";
import { measuredFromWire, measuredToWire } from "./measured-codec.ts";
import { pledgeFromWire, pledgeToWire } from "./pledge-codec.ts";
import {
  cidBytes,
  readAmount,
  readCid,
  readHash,
  readInteger,
  readList,
  readLog,
  readOneOf,
  readPart,
  readPositive,
  readText,
  readWord,
} from "./read.ts";
import { signedRecordFromWire, signedRecordToWire } from "./record-codec.ts";
import {
  fileFromWire,
  fileToWire,
  leaseAttemptFromWire,
  leaseAttemptToWire,
  signatureFromWire,
  signatureToWire,
} from "./task-codec.ts";
import { taskPlaceFromWire, taskPlaceToWire } from "./ticket-codec.ts";
import { endingFromWire, endingToWire, usageFromWire, usageToWire } from "./usage-codec.ts";
import { decodeWith, WireError } from "./wire-error.ts";

/** A message as it arrived. A message that this version does not know is null: it is passed over. */
export interface Received<Message> {
  /** Rises by one with every frame of the stream. */
  readonly number: number;
  readonly message: Message | null;
}

type WireMessage = NonNullable<WorkerFrame["message"]>;

/** Bytes of a worker's message; `number` counts the frames of a stream, zero for a sender that does not count. */
export function encodeWorkerMessage(message: WorkerMessage, number = 0): Uint8Array {
  return WorkerFrame.encode({ number: BigInt(number), message: toWire(message) }).finish();
}

/** Reads a worker's message, every field checked; throws `WireError`. Signatures are not checked here: see `checkWorkerMessage`. */
export function decodeWorkerMessage(bytes: Uint8Array): Received<WorkerMessage> {
  if (bytes.length > limits.workFrameBytes)
    throw new WireError("frame", `has more than ${limits.workFrameBytes} bytes`);
  const frame = decodeWith("frame", () => WorkerFrame.decode(bytes));
  return {
    number: readInteger(frame.number, "number"),
    message: frame.message === undefined ? null : fromWire(frame.message),
  };
}

function toWire(message: WorkerMessage): WireMessage {
  switch (message.type) {
    case "hello": {
      const { networkId, protocolVersion, record, holding } = message;
      const hello = { networkId, protocolVersion, record: signedRecordToWire(record) };
      return { $case: "hello", value: { ...hello, holding: holding.map(leaseAttemptToWire) } };
    }
    case "ask":
      return { $case: "ask", value: askToWire(message) };
    case "accepts":
      return {
        $case: "accepts",
        value: { leases: message.leases.map(leaseAttemptToWire), signed: signatureToWire(message.signed) },
      };
    case "declines":
      return {
        $case: "declines",
        value: { leases: message.leases.map((lease) => ({ ...lease, leaseId: fromHex(lease.leaseId) })) },
      };
    case "beat":
      return { $case: "beat", value: { leases: message.leases.map(progressToWire) } };
    case "commits":
      return {
        $case: "commits",
        value: { items: message.items.map(commitToWire), signed: signatureToWire(message.signed) },
      };
    case "reveals":
      return { $case: "reveals", value: revealsToWire(message) };
    case "failures":
      return { $case: "failures", value: { items: message.items.map(failureToWire) } };
    case "bye":
      return { $case: "bye", value: { reason: message.reason } };
    case "pledge":
      return { $case: "pledge", value: pledgeToWire(message) };
    case "ticketsWanted":
      return { $case: "ticketsWanted", value: { tasks: message.tasks.map(taskPlaceToWire) } };
    case "measured":
      return { $case: "measured", value: measuredToWire(message.measured) };
    case "challengeAnswer":
      return { $case: "challengeAnswer", value: answerToWire(message) };
  }
}

type Ask = Extract<WorkerMessage, { type: "ask" }>;

function askToWire({ freeSlots, classes, hold }: Ask): wire.Ask {
  return { freeSlots, classes: [...classes], hold: hold?.reason ?? "", holdUntilMs: BigInt(hold?.until ?? 0) };
}

function holdFromWire({ hold, holdUntilMs }: wire.Ask): Pick<Ask, "hold"> {
  if (hold === "") return {};
  const reason = readOneOf(hold, holdReasons, "hold");
  const until = readInteger(holdUntilMs, "holdUntilMs");
  return { hold: { reason, ...(until === 0 ? {} : { until }) } };
}

function fromWire(message: WireMessage): WorkerMessage {
  switch (message.$case) {
    case "hello":
      return helloFromWire(message.value);
    case "ask":
      return {
        type: "ask",
        freeSlots: readInteger(message.value.freeSlots, "freeSlots", limits.slots),
        classes: readList({ items: message.value.classes, path: "classes", max: limits.recordClasses }, (name, path) =>
          readOneOf(name, runtimeClasses, path),
        ),
        ...holdFromWire(message.value),
      };
    case "accepts": {
      const { leases, signed } = message.value;
      return {
        type: "accepts",
        leases: items(leases, leaseAttemptFromWire),
        signed: signatureFromWire(signed, leases),
      };
    }
    case "declines":
      return { type: "declines", leases: items(message.value.leases, declineFromWire) };
    case "beat": {
      const list = { items: message.value.leases, path: "leases", max: limits.holding };
      return { type: "beat", leases: readList(list, progressFromWire) };
    }
    case "commits": {
      const { items: found, signed } = message.value;
      return { type: "commits", items: items(found, commitFromWire), signed: signatureFromWire(signed, found) };
    }
    case "reveals": {
      const { escrowId, fine, items: found, signed } = message.value;
      return {
        type: "reveals",
        escrowId: readHash(escrowId, "escrowId"),
        fine: readAmount(fine, "fine"),
        items: items(found, revealFromWire),
        signed: signatureFromWire(signed, found),
      };
    }
    case "failures":
      return { type: "failures", items: items(message.value.items, failureFromWire) };
    case "bye":
      return { type: "bye", reason: readText(message.value.reason, "reason") };
    case "pledge":
      return { type: "pledge", ...pledgeFromWire(message.value) };
    case "ticketsWanted": {
      const list = { items: message.value.tasks, path: "tasks", max: limits.ticketsWanted };
      return { type: "ticketsWanted", tasks: readList(list, taskPlaceFromWire) };
    }
    case "measured":
      return { type: "measured", measured: measuredFromWire(message.value) };
    case "challengeAnswer":
      return { type: "challengeAnswer", ...answerFromWire(message.value) };
  }
}

function items<T, R>(found: readonly T[], read: (item: T, path: string) => R): readonly R[] {
  return readList({ items: found, path: "items", max: limits.frameItems }, read);
}

function helloFromWire(hello: wire.WorkerHello): WorkerMessage {
  return {
    type: "hello",
    networkId: readText(hello.networkId, "networkId", limits.wordLength),
    protocolVersion: readPositive(hello.protocolVersion, "protocolVersion"),
    record: signedRecordFromWire(hello.record, "record"),
    holding: readList({ items: hello.holding, path: "holding", max: limits.holding }, leaseAttemptFromWire),
  };
}

function declineFromWire(found: wire.Decline, path: string) {
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    reason: readOneOf(found.reason, declineReasons, `${path}.reason`),
    message: readText(found.message, `${path}.message`),
  };
}

function progressToWire({ leaseId, done, total, checkpoints = [] }: LeaseProgress): wire.Progress {
  return {
    leaseId: fromHex(leaseId),
    done: BigInt(done),
    total: BigInt(total),
    checkpoints: checkpoints.map(checkpointToWire),
  };
}

function progressFromWire(found: wire.Progress, path: string): LeaseProgress {
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    done: readInteger(found.done, `${path}.done`),
    total: readInteger(found.total, `${path}.total`),
    ...checkpointsFromWire(found.checkpoints, `${path}.checkpoints`),
  };
}

function commitToWire(item: CommitItem): wire.Commit {
  const { leaseId, taskSpec, attempt, commitment } = item;
  return { leaseId: fromHex(leaseId), taskSpec: fromHex(taskSpec), attempt, commitment: fromHex(commitment) };
}

function commitFromWire(found: wire.Commit, path: string): CommitItem {
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    taskSpec: readHash(found.taskSpec, `${path}.taskSpec`),
    attempt: readInteger(found.attempt, `${path}.attempt`, limits.uint32),
    commitment: readHash(found.commitment, `${path}.commitment`),
  };
}

function revealsToWire(message: Extract<WorkerMessage, { type: "reveals" }>): wire.Reveals {
  return {
    escrowId: fromHex(message.escrowId),
    fine: String(message.fine),
    items: message.items.map(revealToWire),
    signed: signatureToWire(message.signed),
  };
}

function revealToWire(item: RevealItem): wire.Reveal {
  return {
    leaseId: fromHex(item.leaseId),
    taskSpec: fromHex(item.taskSpec),
    attempt: item.attempt,
    digest: fromHex(item.digest),
    salt: fromHex(item.salt),
    outputs: item.outputs.map(fileToWire),
    inline: item.inline.map(({ cid, bytes }) => ({ cid: cidBytes(cid), content: bytes })),
    usage: usageToWire(item.usage),
  };
}

function revealFromWire(found: wire.Reveal, path: string): RevealItem {
  const inlineBytes = found.inline.reduce((sum, file) => sum + file.content.length, 0);
  if (inlineBytes > limits.inlineBytes)
    throw new WireError(`${path}.inline`, `has more than ${limits.inlineBytes} bytes`);
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    taskSpec: readHash(found.taskSpec, `${path}.taskSpec`),
    attempt: readInteger(found.attempt, `${path}.attempt`, limits.uint32),
    digest: readHash(found.digest, `${path}.digest`),
    salt: readHash(found.salt, `${path}.salt`),
    outputs: readList({ items: found.outputs, path: `${path}.outputs`, max: limits.outputs }, fileFromWire),
    inline: readList({ items: found.inline, path: `${path}.inline`, max: limits.outputs }, (file, at) => ({
      cid: readCid(file.cid, `${at}.cid`),
      bytes: file.content,
    })),
    usage: usageFromWire(readPart(found.usage, `${path}.usage`), `${path}.usage`),
  };
}

function failureToWire({ usage, ending, checkpoints = [], ...item }: FailureItem): wire.Failure {
  return {
    ...item,
    leaseId: fromHex(item.leaseId),
    usage: usage === undefined ? undefined : usageToWire(usage),
    ...endingToWire(ending),
    checkpoints: checkpoints.map(checkpointToWire),
  };
}

function failureFromWire(found: wire.Failure, path: string): FailureItem {
  const ending = endingFromWire(found, `${path}.ending`);
  return {
    leaseId: readHash(found.leaseId, `${path}.leaseId`),
    attempt: readInteger(found.attempt, `${path}.attempt`, limits.uint32),
    kind: readOneOf(found.kind, ["application", "infrastructure"], `${path}.kind`),
    reason: readWord(found.reason, `${path}.reason`),
    message: readText(found.message, `${path}.message`),
    log: readLog(found.log, `${path}.log`, limits.logBytes),
    ...(found.usage === undefined ? {} : { usage: usageFromWire(found.usage, `${path}.usage`) }),
    ...(ending === undefined ? {} : { ending }),
    ...checkpointsFromWire(found.checkpoints, `${path}.checkpoints`),
  };
}
