// Who may connect: not those who gossiped nonsense, and no crowd from one address or subnet.
import type { ConnectionGater, Libp2p } from "@libp2p/interface";
import type { Multiaddr } from "@multiformats/multiaddr";
import { deniedPeersMax, denyMs } from "../limits.ts";
import type { Profile } from "../profiles.ts";

/** Decides on connections; libp2p asks it. */
export class Gatekeeper {
  readonly #profile: Profile;
  readonly #deniedUntil = new Map<string, number>();
  #node: Libp2p | undefined;

  constructor(profile: Profile) {
    this.#profile = profile;
  }

  /** The node whose connections are counted; known only after the gater was given to it. */
  watch(node: Libp2p): void {
    this.#node = node;
  }

  get deniedCount(): number {
    return this.#deniedUntil.size;
  }

  /** Refuses the peer for an hour; false when it is refused already. */
  deny(peerId: string): boolean {
    if (this.#isDenied(peerId)) return false;
    this.#deniedUntil.set(peerId, performance.now() + denyMs);
    if (this.#deniedUntil.size > deniedPeersMax) {
      const [oldest] = this.#deniedUntil.keys();
      if (oldest !== undefined) this.#deniedUntil.delete(oldest);
    }
    return true;
  }

  gater(): ConnectionGater {
    return {
      denyDialPeer: (peer) => this.#isDenied(peer.toString()),
      denyInboundEncryptedConnection: (peer) => this.#isDenied(peer.toString()),
      denyInboundConnection: (connection) => this.#isCrowded(connection.remoteAddr),
    };
  }

  #isDenied(peerId: string): boolean {
    const until = this.#deniedUntil.get(peerId);
    if (until === undefined) return false;
    if (until > performance.now()) return true;
    this.#deniedUntil.delete(peerId);
    return false;
  }

  #isCrowded(address: Multiaddr): boolean {
    const host = hostOf(address);
    const subnet = subnetOf(host);
    let sameHost = 0;
    let sameSubnet = 0;
    for (const connection of this.#node?.getConnections() ?? []) {
      const other = hostOf(connection.remoteAddr);
      if (other === host) sameHost += 1;
      if (subnetOf(other) === subnet) sameSubnet += 1;
    }
    return sameHost >= this.#profile.connectionsPerAddressMax || sameSubnet >= this.#profile.connectionsPerSubnetMax;
  }
}

/** The host part of `/ip4/<host>/tcp/...`. */
function hostOf(address: Multiaddr): string {
  return address.getComponents()[0]?.value ?? "";
}

/** A /24 of IPv4; of IPv6 the first three groups, which are a /48 when they are written out. */
function subnetOf(host: string): string {
  const separator = host.includes(":") ? ":" : ".";
  return host.split(separator).slice(0, 3).join(separator);
}
