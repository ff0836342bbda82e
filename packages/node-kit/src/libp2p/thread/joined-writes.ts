// One write per message: noise hands over length and ciphertext apart, and TCP would send each in a packet of its own.
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions } from "@libp2p/interface";

/** An encrypter whose messages reach the connection in one piece each. */
export function joinedWrites<Components>(
  make: (components: Components) => ConnectionEncrypter,
): (components: Components) => ConnectionEncrypter {
  return (components) => {
    const inner = make(components);
    return {
      protocol: inner.protocol,
      secureOutbound: (connection, options?: SecureConnectionOptions) =>
        inner.secureOutbound(joining(connection), options),
      secureInbound: (connection, options?: SecureConnectionOptions) =>
        inner.secureInbound(joining(connection), options),
    };
  };
}

// In place, since libp2p goes on with the same connection after the handshake.
function joining(connection: MessageStream): MessageStream {
  const send = connection.send.bind(connection);
  connection.send = (data) => send(data instanceof Uint8Array ? data : data.subarray());
  return connection;
}
