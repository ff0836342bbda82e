// The codec module of the network thread: loaded by the URL that `threadCodecUrl` makes, never imported.
import { createMessageCheck } from "./message-check.ts";
import { threadCodecSettings } from "./thread-codec-url.ts";

const check = createMessageCheck(threadCodecSettings(import.meta.url));

/** Messages of work streams, checked against their sender's account; null for one that this version does not know. */
export const decode = check.decode;

/** Offers and announcements: signed by their author, for this network, not expired. */
export const validateGossip = check.validateGossip;

/** Records in the DHT: proven by all three keys; the sequence decides. */
export const validateRecord = check.validateRecord;
