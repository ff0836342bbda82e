// What can go wrong on the network, as errors with a code: made in this folder only, so callers never read vendors' messages.

/** Every way in which a call of the network port can fail or a stream can end. */
export type NetworkErrorCode =
  /** The network was closed, or its thread died. */
  | "NetworkClosed"
  /** The caller's signal fired. */
  | "Aborted"
  /** No address of the peer answered, or the peer was not the one asked for. */
  | "DialFailed"
  /** The peer does not speak the protocol, or refused the stream. */
  | "StreamRefused"
  /** The remote or the connection ended the stream before its time. */
  | "StreamReset"
  /** Something was sent on a stream that had ended. */
  | "StreamClosed"
  /** A frame larger than the protocol allows was announced or sent. */
  | "FrameTooLarge"
  /** The stream ended inside a frame. */
  | "FrameTruncated"
  /** The codec module refused a frame. */
  | "FrameInvalid"
  /** A sender went on without waiting for credit. */
  | "SendQueueFull"
  /** A stream was opened for a protocol that nobody handles. */
  | "ProtocolUnhandled"
  /** Gossip is off, or the topic is none of the configured ones. */
  | "TopicUnknown"
  | "MessageTooLarge"
  /** More messages in a second than the topic allows: the caller must coalesce. */
  | "PublishRateExceeded"
  /** The DHT is off, or no server could be asked. */
  | "DirectoryUnavailable"
  /** The value was refused by the record rules. */
  | "RecordInvalid"
  /** Anything else inside the network thread. */
  | "Internal";

/** A failed network effect. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  readonly code: NetworkErrorCode;

  constructor(code: NetworkErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** An error as it crosses the border between the two threads. */
export interface PlainError {
  readonly code: NetworkErrorCode;
  readonly message: string;
}

/** Flattens any error for the border; `fallback` is the code of errors that are not ours. */
export function toPlainError(error: unknown, fallback: NetworkErrorCode): PlainError {
  if (error instanceof NetworkError) return { code: error.code, message: error.message };
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return { code: fallback, message };
}

/** Restores an error that crossed the border. */
export function fromPlainError(plain: PlainError): NetworkError {
  return new NetworkError(plain.code, plain.message);
}
