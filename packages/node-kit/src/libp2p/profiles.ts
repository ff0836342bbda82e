// The named limits of a network: one table, each line with its reason.

/** `small`: one machine or one office, many nodes behind one address. `public`: strangers. */
export type ProfileName = "small" | "public";

/** Degrees of a gossip mesh: wanted, lowest and highest number of neighbours. */
interface MeshDegree {
  readonly D: number;
  readonly Dlo: number;
  readonly Dhi: number;
}

/** What a profile decides. */
export interface Profile {
  readonly connectionsMax: number;
  readonly pendingInboundMax: number;
  readonly inboundPerSecondPerHost: number;
  readonly connectionsPerAddressMax: number;
  readonly connectionsPerSubnetMax: number;
  readonly inboundUpgradeMs: number;
  readonly muxedInboundMax: number;
  readonly streamWindowBytes: number;
  readonly streamBufferBytes: number;
  readonly pingEveryMs: number;
  readonly colocationWeight: number;
  readonly privateAddresses: boolean;
  readonly heartbeatMs: number;
  readonly historyHeartbeats: number;
  readonly hubMesh: MeshDegree;
  readonly clientMesh: MeshDegree;
}

const mebibyte = 1024 * 1024;

/** The two profiles. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  small: {
    // A devnet of a few dozen processes, each with a handful of connections; well above it.
    connectionsMax: 512,
    // Everybody starts at once: with libp2p's 10, 35 of 40 simultaneous dials failed.
    pendingInboundMax: 1_000,
    // All nodes share one host, and libp2p counts five connections a second per host.
    inboundPerSecondPerHost: 10_000,
    // One address holds the whole network.
    connectionsPerAddressMax: 10_000,
    connectionsPerSubnetMax: 10_000,
    // Cores are shared by all nodes, so a handshake may starve for seconds.
    inboundUpgradeMs: 10_000,
    // 3,000 streams on a connection cost 34 MB; trusted neighbours still need a bound.
    muxedInboundMax: 256,
    // Larger windows gained nothing on loopback, and the window is what a stalled reader costs.
    streamWindowBytes: mebibyte,
    // Must exceed the window: a paused stream that overruns its buffer is reset.
    streamBufferBytes: 2 * mebibyte,
    // Off: a starved machine fails pings and loses good connections; the protocol's own heartbeats watch the workers.
    pingEveryMs: 0,
    // More than ten neighbours on one address would be penalised, silently, until nothing is delivered.
    colocationWeight: 0,
    // Loopback and office addresses are the only ones there are.
    privateAddresses: true,
    // A mesh is mended once a heartbeat, so that newcomers wait for one; at this size a beat costs next to nothing.
    heartbeatMs: 250,
    // Three seconds in which a newcomer can still ask for a message that it missed.
    historyHeartbeats: 12,
    // In a star every client hangs on the hub: beyond Dhi they would get messages a second late.
    hubMesh: { D: 32, Dlo: 16, Dhi: 64 },
    clientMesh: { D: 6, Dlo: 4, Dhi: 12 },
  },
  public: {
    // 70-150 KB each; a coordinator that plans for more workers sets `connectionsMax`.
    connectionsMax: 300,
    // 500 silent sockets left nine of ten pending slots taken; 32 with the cap per address below.
    pendingInboundMax: 32,
    inboundPerSecondPerHost: 5,
    // A household or an office behind one address, and no more than that.
    connectionsPerAddressMax: 8,
    connectionsPerSubnetMax: 32,
    inboundUpgradeMs: 5_000,
    muxedInboundMax: 64,
    // 100 Mbit/s over 200 ms fill 2.5 MB.
    streamWindowBytes: 4 * mebibyte,
    streamBufferBytes: 6 * mebibyte,
    // The default of ten seconds cost 22 % of a core at 500 workers.
    pingEveryMs: 60_000,
    // Sybils on one address: minus five times the square of the surplus over ten.
    colocationWeight: -5,
    // A stranger's private address leads nowhere, or into our own network.
    privateAddresses: false,
    heartbeatMs: 1_000,
    historyHeartbeats: 3,
    hubMesh: { D: 12, Dlo: 8, Dhi: 24 },
    clientMesh: { D: 6, Dlo: 4, Dhi: 12 },
  },
};
