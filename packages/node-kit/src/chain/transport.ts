// How JSON-RPC requests travel: over HTTP by one request each, or over one WebSocket that also brings notifications.

/** A method with its parameters. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** A way to a node. Rejections are `RpcError`s. */
export interface Transport {
  /** Sends all calls together; gives the raw answers in the same order. */
  send(calls: readonly RpcCall[], signal: AbortSignal): Promise<readonly unknown[]>;
  /** Lets go of sockets. Requests under way are rejected. */
  close(): void;
}

/** A transport that can be told things. */
export interface PushTransport extends Transport {
  /**
   * Subscribes and calls `onNotice` with each notification's payload. Resolves when the subscription stands; the promise in the
   * answer settles when the connection is gone.
   */
  subscribe(
    call: RpcCall,
    onNotice: (payload: unknown) => void,
    signal: AbortSignal,
  ): Promise<{ readonly closed: Promise<void> }>;
}

/** Whether a transport can be told things. */
export function canPush(transport: Transport): transport is PushTransport {
  return "subscribe" in transport;
}
