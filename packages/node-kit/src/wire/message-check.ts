// Decodes and checks everything that strangers send: signatures on work streams, gossip and records.
import {
  type Address,
  announcementTopic,
  type CoordinatorMessage,
  checkCoordinatorMessage,
  checkOffer,
  checkSignedRecord,
  checkWorkerMessage,
  decodeAnnouncement,
  decodeCoordinatorMessage,
  decodeSignedRecord,
  decodeTaskOffer,
  decodeWorkerMessage,
  greetingProblem,
  limits,
  offerTopic,
  type RecordContext,
  recordKey,
  type SignatureContext,
  type WorkerMessage,
  workProtocol,
} from "@starling/protocol";
import { recover } from "../chain/signing.ts";
import { systemClock } from "../clock.ts";
import type { GossipJudgement, NetworkCodec } from "../libp2p/codec.ts";
import { openEnvelope } from "../libp2p/signed-envelope.ts";
import type { ThreadCodecSettings } from "./thread-codec-url.ts";

/** A message whose sender did not sign what it says, or that came before its sender was known. Ends the stream. */
class MessageError extends Error {
  override readonly name = "MessageError";
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * What the codec makes of a frame of a work stream. One peer may greet as several accounts on several streams, so whoever reads
 * a stream compares `sender` with the account that greeted on it.
 */
export interface CheckedMessage<Message extends WorkerMessage | CoordinatorMessage> {
  /** The account that signed the message, if it is of a signed kind; null before any greeting. */
  readonly sender: Address | null;
  /** Null when this version does not know the message: it is passed over. */
  readonly message: Message | null;
}

/** Peers whose account is remembered; the one that was silent for longest is forgotten first, and has to greet again. */
const ACCOUNTS_MAX = 16_384;

/** The checks of one process. The clock is a parameter for tests. */
export function createMessageCheck(
  settings: ThreadCodecSettings,
  nowMs: () => number = systemClock.wallMs,
): Required<NetworkCodec> {
  const { domain, networkId, role, account } = settings;
  const accounts = new AccountsOfPeers();
  const context: SignatureContext = { domain, recover };
  const recordContext = (): RecordContext => ({ networkId, domain, recover, now: nowMs(), openEnvelope });

  const fromWorker = (frame: Uint8Array, from: string): CheckedMessage<WorkerMessage> => {
    const { message } = decodeWorkerMessage(frame);
    if (message === null) return { sender: null, message };
    if (message.type === "hello") {
      const { record } = message.record;
      const problem = checkSignedRecord(message.record, recordContext());
      if (problem !== null) throw new MessageError(problem.code, problem.message);
      if (record.peerId !== from) throw new MessageError("badRecord", `the record is that of ${record.peerId}`);
      accounts.set(from, record.worker);
      return { sender: record.worker, message };
    }
    const sender = accounts.of(from);
    refuse(checkWorkerMessage(message, sender, context));
    return { sender, message };
  };

  const fromCoordinator = (frame: Uint8Array, from: string): CheckedMessage<CoordinatorMessage> => {
    const { message } = decodeCoordinatorMessage(frame);
    if (message === null || message.type === "refused") return { sender: null, message };
    if (message.type === "hello") {
      refuse(greetingProblem(message, { peerId: from, now: nowMs() }, context));
      accounts.set(from, message.coordinator);
      return { sender: message.coordinator, message };
    }
    const coordinator = accounts.of(from);
    refuse(checkCoordinatorMessage(message, { coordinator, worker: account }, context));
    return { sender: coordinator, message };
  };

  return {
    decode: (protocol, frame, from) => {
      if (protocol !== workProtocol) return undefined;
      return role === "coordinator" ? fromWorker(frame, from) : fromCoordinator(frame, from);
    },
    validateGossip: (topic, from, data) => {
      if (data.length > limits.gossipBytes) return { verdict: "reject" };
      return topic === announcementTopic(networkId)
        ? judgeAnnouncement(data, from, recordContext())
        : judgeOffer({ topic, data, from }, { networkId, nowMs: nowMs(), context });
    },
    validateRecord: (key, value) => {
      const signed = decodeSignedRecord(value);
      if (key !== recordKey(signed.record.peerId)) throw new MessageError("badRecord", `${key} holds another's record`);
      const problem = checkSignedRecord(signed, recordContext());
      if (problem !== null) throw new MessageError(problem.code, problem.message);
      return BigInt(signed.record.seq);
    },
  };
}

function judgeAnnouncement(data: Uint8Array, from: string, context: RecordContext): GossipJudgement {
  const announcement = decodeAnnouncement(data);
  if (announcement.record.record.peerId !== from) return { verdict: "reject" };
  const problem = checkSignedRecord(announcement.record, context);
  if (problem === null) return { verdict: "accept", decoded: announcement };
  // Clocks differ and messages are late: only what can't be true by anybody's clock is held against the sender.
  return { verdict: problem.code === "badSignature" || problem.code === "wrongNetwork" ? "reject" : "ignore" };
}

function judgeOffer(
  message: { readonly topic: string; readonly data: Uint8Array; readonly from: string },
  rules: { readonly networkId: string; readonly nowMs: number; readonly context: SignatureContext },
): GossipJudgement {
  const signed = decodeTaskOffer(message.data);
  const { offer } = signed;
  if (
    offer.networkId !== rules.networkId ||
    offer.coordinatorPeerId !== message.from ||
    message.topic !== offerTopic(rules.networkId, offer.runtimeClass)
  ) {
    return { verdict: "reject" };
  }
  if (offer.expiresAt <= rules.nowMs || offer.expiresAt > rules.nowMs + limits.offerMsMax) return { verdict: "ignore" };
  return checkOffer(signed, rules.context) === null ? { verdict: "accept", decoded: signed } : { verdict: "reject" };
}

function refuse(problem: string | null): void {
  if (problem !== null) throw new MessageError("badSignature", problem);
}

/** Which account greeted from which peer. */
class AccountsOfPeers {
  readonly #accounts = new Map<string, Address>();

  set(peerId: string, account: Address): void {
    this.#accounts.delete(peerId);
    this.#accounts.set(peerId, account);
    const oldest = this.#accounts.keys().next();
    if (this.#accounts.size > ACCOUNTS_MAX && oldest.done === false) this.#accounts.delete(oldest.value);
  }

  of(peerId: string): Address {
    const account = this.#accounts.get(peerId);
    if (account === undefined) throw new MessageError("badFrame", "a message came before the greeting");
    // Whoever talks stays, however many strangers greet meanwhile.
    this.#accounts.delete(peerId);
    this.#accounts.set(peerId, account);
    return account;
  }
}
