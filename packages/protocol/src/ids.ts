// The names of things: every id is lower-case hexadecimal text with a 0x prefix, so that it can be a map key and a JSON value.

/** Lower-case 0x-prefixed hexadecimal bytes. */
export type Hex = `0x${string}`;
/** 32 bytes. */
export type Hash = Hex;
/** A 20-byte EVM account, lower-case (never in checksum case). */
export type Address = Hex;
/** A 65-byte recoverable secp256k1 signature r ++ s ++ v. */
export type Signature = Hex;
/** A job: derived from payer and idempotency key, so the same submission always has the same id. */
export type JobId = Hash;
/** A task: its job, step and index. Text `<jobId>/<step>/<index>`. */
export type TaskId = string;
/** One attempt of one worker at one task. */
export type LeaseId = Hash;
/** What a task is: the digest of everything that affects its result, bound to its job and index. */
export type TaskSpecHash = Hash;
/** An escrow on chain; it may carry many jobs of one payer. */
export type EscrowId = Hash;
/** A libp2p peer id in its base58 text form. */
export type PeerId = string;
/** A content id, `cid:` and 64 hex digits. */
export type Cid = string;
