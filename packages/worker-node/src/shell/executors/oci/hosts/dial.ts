// Connects to a host for a task: the name is resolved here and once, and the address that was looked at is the one that is connected to.
import { Resolver } from "node:dns/promises";
import { connect, isIP, type Socket } from "node:net";
import { partsOfHost } from "@starling/protocol";
import { isPublic } from "./addresses.ts";

const DIAL_TIMEOUT_MS = 15_000;
const RESOLVE_TIMEOUT_MS = 5_000;
/** Addresses of one name that are tried. */
const ADDRESSES_MAX = 4;

/** Why a task is not connected, in words that may be told to it. */
export class NotReached extends Error {
  override readonly name = "NotReached";
}

/** Finds the addresses of a name. */
export type Resolve = (name: string) => Promise<readonly string[]>;

// Not the C library's look-up, which keeps one of the process's few threads for files busy for as long as a name server is silent.
const resolver = new Resolver({ timeout: RESOLVE_TIMEOUT_MS, tries: 2 });

/** By the machine's name servers; addresses of version 4 first. */
export const resolveName: Resolve = async (name) => {
  const found = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
  return found.flatMap((one) => (one.status === "fulfilled" ? one.value : []));
};

/** What may be connected to beside the public internet. */
export interface DialRules {
  /** Of the owner: an address that stands in it itself, with this port, is his wish wherever it leads. */
  readonly listed: ReadonlySet<string>;
  readonly resolve: Resolve;
}

/** A connection to the host; rejects with `NotReached`. */
export async function dial(host: string, { listed, resolve }: DialRules, signal: AbortSignal): Promise<Socket> {
  const { name, port } = partsOfHost(host);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT_MS)]);
  const found = isIP(name) === 4 ? [name] : await stopped(resolve(name), limit);
  const fit = found.filter((address) => isPublic(address) || listed.has(`${address}:${port}`));
  if (fit.length === 0) throw new NotReached(`${name} has no address of the public internet`);
  for (const address of fit.slice(0, ADDRESSES_MAX)) {
    const socket = await connected(address, port, limit);
    if (socket !== null) return socket;
  }
  throw new NotReached(`nothing at ${host} answers`);
}

async function connected(address: string, port: number, signal: AbortSignal): Promise<Socket | null> {
  if (signal.aborted) return null;
  const socket = connect({ host: address, port, signal, autoSelectFamily: false });
  return await new Promise((resolve) => {
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
    socket.once("close", () => resolve(null));
  });
}

async function stopped(found: Promise<readonly string[]>, signal: AbortSignal): Promise<readonly string[]> {
  const late = new Promise<readonly string[]>((resolve) => {
    const give = (): void => resolve([]);
    signal.addEventListener("abort", give, { once: true });
    if (signal.aborted) give();
  });
  // A name that is nowhere is no news about this machine.
  return await Promise.race([found.catch(() => []), late]);
}
