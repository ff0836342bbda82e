// Checks of the way out: listening ports, hubs.
import { createServer, connect as tcpConnect } from "node:net";
import { type Finding, failure, ok, warning, wordsOf } from "./finding.ts";

const CONNECT_LIMIT_MS = 3_000;

/** Where a multiaddress leads over TCP. */
export interface TcpPlace {
  readonly host: string;
  readonly port: number;
}

/** Whether every listening address can be bound. */
export async function checkPorts(listen: readonly string[]): Promise<readonly Finding[]> {
  return await Promise.all(
    listen.map(async (address) => {
      const place = tcpPlaceOf(address);
      if (place === null) return warning("port", `${address} is not a TCP address`, "use /ip4/HOST/tcp/PORT");
      if (place.port === 0) return ok("port", `${address}: any free one`);
      return await bind(place).then(
        () => ok("port", address),
        (error: unknown) =>
          failure("port", `${address}: ${wordsOf(error)}`, "stop what uses the port, or give another --listen"),
      );
    }),
  );
}

/** Whether a hub answers; one dead hub of several is no harm. */
export async function checkBootstrap(bootstrap: readonly string[]): Promise<readonly Finding[]> {
  if (bootstrap.length === 0)
    return [failure("bootstrap", "no hub is known", "give --bootstrap, or a network file that names some")];
  return await Promise.all(
    bootstrap.map(async (address) => {
      const place = tcpPlaceOf(address);
      if (place === null)
        return warning("bootstrap", `${address} is not a TCP address`, "use /ip4/HOST/tcp/PORT/p2p/ID");
      return await reach(place).then(
        () => ok("bootstrap", address),
        (error: unknown) =>
          warning("bootstrap", `${address}: ${wordsOf(error)}`, "check the address and the firewall; others may do"),
      );
    }),
  );
}

/** The place of a multiaddress; null where it is none over TCP. */
export function tcpPlaceOf(address: string): TcpPlace | null {
  const match = /^\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/tcp\/(\d{1,5})(?:\/|$)/.exec(address);
  return match?.[1] === undefined ? null : { host: match[1], port: Number(match[2]) };
}

function bind({ host, port }: TcpPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}

function reach({ host, port }: TcpPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = tcpConnect({ host, port, timeout: CONNECT_LIMIT_MS });
    const end = (act: () => void): void => {
      socket.destroy();
      act();
    };
    socket.once("connect", () => end(resolve));
    socket.once("timeout", () => end(() => reject(new Error("no answer"))));
    socket.once("error", (error) => end(() => reject(error)));
  });
}
