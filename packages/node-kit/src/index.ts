// Effects that both daemons share.
export type { GossipJudgement, GossipVerdict, NetworkCodec } from "./libp2p/codec.ts";
export { NetworkError, type NetworkErrorCode } from "./libp2p/errors.ts";
export type {
  ConnectedPeer,
  FrameStream,
  GossipMessage,
  Network,
  NetworkOptions,
  NetworkStats,
  NetworkWarning,
  PeerTarget,
  ProtocolRule,
  ProviderPeer,
  TopicRule,
  Waiting,
} from "./libp2p/network.ts";
export { openNetwork } from "./libp2p/open-network.ts";
export type { ProfileName } from "./libp2p/profiles.ts";
export { threadEntryVariable } from "./libp2p/thread-entry.ts";
