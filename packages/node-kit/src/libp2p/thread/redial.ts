// Keeps wanted peers connected: redials for ever, with growing and jittered pauses. Libp2p's own reconnection gives up.
import type { Connection, Libp2p } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { type Multiaddr, multiaddr } from "@multiformats/multiaddr";
import { NetworkError } from "../errors.ts";
import { redialMs } from "../limits.ts";
import type { NetworkWarning, PeerTarget } from "../network.ts";

interface Wanted {
  readonly key: string;
  /** Unknown for an address without a peer id, until somebody has answered there. */
  peerId: string | undefined;
  addresses: readonly string[];
  attempts: number;
  timer: NodeJS.Timeout | undefined;
  dialling: boolean;
  /** It was connected before. */
  isLost: boolean;
}

/** Whom the loop tells what. */
interface RedialEvents {
  readonly warn: (warning: NetworkWarning) => void;
  /** A peer that had been lost is back, perhaps after a restart in which it forgot us. */
  readonly onRegained: () => void;
}

/** The peers that must stay connected. */
export class Redial {
  readonly #node: Libp2p;
  readonly #events: RedialEvents;
  readonly #wanted = new Map<string, Wanted>();
  readonly #stopped = new AbortController();

  constructor(node: Libp2p, events: RedialEvents) {
    this.#node = node;
    this.#events = events;
    node.addEventListener("peer:disconnect", (event) => this.#lost(event.detail.toString()));
  }

  /** Wants the peer from now on; a second call for it replaces its addresses. */
  keep(target: PeerTarget): void {
    const peerId = target.peerId ?? peerIdIn(target.addresses);
    const key = peerId ?? target.addresses.join(" ");
    const known = this.#wanted.get(key);
    if (known !== undefined) {
      known.addresses = target.addresses;
      return;
    }
    const { addresses } = target;
    const wanted: Wanted = { key, peerId, addresses, attempts: 0, timer: undefined, dialling: false, isLost: false };
    this.#wanted.set(key, wanted);
    void this.#dial(wanted);
  }

  letGo(peerId: string): void {
    for (const wanted of this.#wanted.values()) {
      if (wanted.peerId !== peerId) continue;
      clearTimeout(wanted.timer);
      this.#wanted.delete(wanted.key);
    }
  }

  stop(): void {
    this.#stopped.abort();
    for (const { timer } of this.#wanted.values()) clearTimeout(timer);
    this.#wanted.clear();
  }

  #lost(peerId: string): void {
    for (const wanted of this.#wanted.values()) {
      if (wanted.peerId !== peerId || wanted.dialling) continue;
      wanted.isLost = true;
      this.#schedule(wanted);
    }
  }

  async #dial(wanted: Wanted): Promise<void> {
    wanted.dialling = true;
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(redialMs.dial)]);
    try {
      const connection = await dialPeer(this.#node, wanted, signal);
      wanted.peerId = connection.remotePeer.toString();
      wanted.attempts = 0;
      wanted.dialling = false;
      if (wanted.isLost) this.#events.onRegained();
      wanted.isLost = false;
      // It may have gone again before we knew whom to watch.
      if (this.#node.getConnections(connection.remotePeer).length === 0) this.#schedule(wanted);
    } catch (error) {
      wanted.dialling = false;
      if (this.#stopped.signal.aborted) return;
      wanted.attempts += 1;
      if (isPowerOfTwo(wanted.attempts)) this.#events.warn(unreachable(wanted, error));
      this.#schedule(wanted);
    }
  }

  #schedule(wanted: Wanted): void {
    if (this.#stopped.signal.aborted || this.#wanted.get(wanted.key) !== wanted) return;
    const pause = Math.min(redialMs.max, redialMs.first * 2 ** Math.min(wanted.attempts, 20));
    clearTimeout(wanted.timer);
    // Jitter: after a hub's restart everybody comes back, and should not come at once.
    wanted.timer = setTimeout(() => void this.#dial(wanted), pause * (0.5 + Math.random() / 2));
  }
}

/** Dials a peer at the given addresses; with a peer id the answer must come from that peer. */
export async function dialPeer(
  node: Libp2p,
  target: { readonly peerId?: string | undefined; readonly addresses: readonly string[] },
  signal: AbortSignal,
): Promise<Connection> {
  const { peerId } = target;
  const addresses = target.addresses.map((address) => multiaddr(address));
  if (peerId === undefined) return node.dial(addresses, { signal });
  const peer = peerIdFromString(peerId);
  const [open] = node.getConnections(peer);
  if (open !== undefined) return open;
  // Without an address, whatever earlier contacts or the DHT say of the peer is tried.
  if (addresses.length === 0) return node.dial(peer, { signal });
  const fitting = addresses.flatMap((address) => withPeer(address, peerId));
  if (fitting.length === 0) throw new NetworkError("DialFailed", "every address names another peer");
  return node.dial(fitting, { signal });
}

/** The address with the peer id that must answer; none when it names another peer. */
function withPeer(address: Multiaddr, peerId: string): Multiaddr[] {
  const named = peerIdOf(address);
  if (named === undefined) return [address.encapsulate(`/p2p/${peerId}`)];
  return named === peerId ? [address] : [];
}

function peerIdOf(address: Multiaddr): string | undefined {
  return address.getComponents().findLast((component) => component.name === "p2p")?.value;
}

function peerIdIn(addresses: readonly string[]): string | undefined {
  return addresses.map((address) => peerIdOf(multiaddr(address))).find((peerId) => peerId !== undefined);
}

/** Attempts go on for days; the log should not. */
function isPowerOfTwo(attempts: number): boolean {
  return (attempts & (attempts - 1)) === 0;
}

function unreachable(wanted: Wanted, error: unknown): NetworkWarning {
  const reason = error instanceof Error ? error.message : String(error);
  const message = `${wanted.addresses.join(", ")}: attempt ${wanted.attempts} failed: ${reason}`;
  return { code: "BootstrapUnreachable", message };
}
