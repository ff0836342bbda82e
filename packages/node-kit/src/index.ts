// Effects that both daemons share.

export {
  ArtifactError,
  type ArtifactErrorCode,
  type ArtifactInfo,
  type ArtifactStats,
  type ArtifactStore,
  type ByteRange,
  type PartialArtifact,
  type PutOptions,
} from "./artifacts/artifact-store.ts";
export { ChunkHasher, fastSha256, hashChunk } from "./artifacts/chunk-hasher.ts";
export { type FileArtifactStoreOptions, openArtifactStore } from "./artifacts/file-artifact-store.ts";
export { BlobClient } from "./blobs/blob-client.ts";
export { BlobError } from "./blobs/blob-error.ts";
export { type BlobPolicy, serveBlobs } from "./blobs/blob-server.ts";
export {
  type Anvil,
  type AnvilOptions,
  anvilBinary,
  devnetChainId,
  devnetMnemonic,
  startAnvil,
} from "./chain/anvil.ts";
export { type HeadListener, type SeenHead, type WatchOptions, watchHeads } from "./chain/block-watcher.ts";
export { mineBlock, mineEvery, mineOnDemand, passTime, reorganise } from "./chain/chain-control.ts";
export { RpcClient, type RpcOptions, type RpcWaiting } from "./chain/client.ts";
export { type ChainNetwork, type ContractAddresses, signingDomainOf } from "./chain/contracts.ts";
export { type DeployOptions, deployDevnet, devnetWindows } from "./chain/deploy.ts";
export { type DevnetAccounts, devnetAccounts, devnetKey, devnetPlace } from "./chain/devnet-accounts.ts";
export {
  type DevnetMoney,
  type DevnetRegistration,
  type DevnetSetup,
  devnetMoney,
  setUpDevnet,
} from "./chain/devnet-setup.ts";
export {
  type ChainEffect,
  type ChainEffectDeps,
  type ChainEffectOptions,
  type ChainOutcome,
  chainEffects,
  type PerformChainEffect,
} from "./chain/effects.ts";
export { JuryQueries } from "./chain/juries.ts";
export {
  OwnerChain,
  OwnerError,
  type RedeemableVoucher,
  type Redemption,
  type SignedRegistration,
  type WorkerConsent,
} from "./chain/owner.ts";
export { type Patience, whenReachable } from "./chain/patience.ts";
export { ChainQueries, type EscrowOnChain, type EscrowPhase, type WorkerAccountOnChain } from "./chain/queries.ts";
export { RpcError, type RpcErrorCode } from "./chain/rpc-error.ts";
export { recover, type SigningBackend, sign, signingBackend } from "./chain/signing.ts";
export {
  createWallet,
  KeyFileError,
  loadWallet,
  signBatchReceipt,
  signFrame,
  signOffer,
  signOrder,
  signPeerBinding,
  signPermit,
  signPledgeAllowance,
  signRegistration,
  signVoucher,
  storeKey,
  type Wallet,
  walletOf,
} from "./chain/wallet.ts";
export { type CancelTimer, type Clock, systemClock } from "./clock.ts";
export {
  ConfigError,
  type ConfigInputs,
  type ConfigOf,
  type ConfigSource,
  environmentName,
  flagName,
  type LoadedConfig,
  loadConfig,
  type OptionTable,
} from "./config.ts";
export {
  optionsHelp,
  optionsMarkdown,
  type PolicyTable,
  policyMarkdown,
  printConfig,
  printPolicy,
} from "./config-docs.ts";
export type { OptionSpec, OptionValues } from "./config-values.ts";
export { askDialBack, serveDialBack } from "./dial-back.ts";
export {
  type ContainerEnd,
  type ContainerOptions,
  type DockerEngine,
  DockerError,
  type EngineInfo,
  openDocker,
} from "./docker/docker-engine.ts";
export type { EffectContext, EffectRequest, Performer } from "./engine/effects.ts";
export { Engine, type EnginePhase, type EngineStats, EngineStoppedError, type FactBatch } from "./engine/engine.ts";
export {
  type AnyEffect,
  type EngineDeps,
  type EngineLimits,
  type EngineOptions,
  engineLimits,
} from "./engine/engine-options.ts";
export { type Entropy, systemEntropy } from "./entropy.ts";
export { type Failpoints, failpointNames, failpointsFromEnvironment, noFailpoints } from "./failpoints.ts";
export type { CallContext, Emit, Handlers } from "./grpc/call.ts";
export { type Credentials, type Identity, identify, mayActFor, type StoredKey } from "./grpc/identity.ts";
export { RpcRefusal } from "./grpc/rpc-refusal.ts";
export {
  type Access,
  type BoundService,
  bindService,
  GrpcServer,
  type GrpcServerOptions,
  isLoopback,
} from "./grpc/server.ts";
export { decodeValue, encodeValue } from "./journal/encoding.ts";
export {
  type AppendReceipt,
  type Journal,
  JournalError,
  type JournalErrorCode,
  type JournalGroup,
  type JournalSnapshot,
} from "./journal/journal.ts";
export { LevelJournal, type LevelJournalOptions } from "./journal/level-journal.ts";
export { MemoryDisk, MemoryJournal } from "./journal/memory-journal.ts";
export { readKey, readOrCreateKey, readSecretFile, SecretFileError, writeKey, writeSecretFile } from "./keys.ts";
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
  ProviderQuery,
  TopicRule,
  Waiting,
} from "./libp2p/network.ts";
export { openNetwork } from "./libp2p/open-network.ts";
export { isSignedByPeer, peerIdOfKey, peerKeySeed, peerPublicKey, signAsPeer } from "./libp2p/peer-key.ts";
export type { ProfileName } from "./libp2p/profiles.ts";
export { type EnvelopeContent, openEnvelope, sealEnvelope } from "./libp2p/signed-envelope.ts";
export { threadEntryVariable } from "./libp2p/thread-entry.ts";
export {
  lifelineVariable,
  type RunOptions,
  runUntilStopped,
  type StopCause,
  type StopSources,
} from "./lifeline.ts";
export {
  createLogger,
  errorFields,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  silentLogger,
} from "./logger.ts";
export { LockedError, type LockOwner, lockDirectory, type ProcessLock } from "./process-lock.ts";
export { type Service, ServiceError, Services } from "./services.ts";
export type { CheckedMessage } from "./wire/message-check.ts";
export { Outbox, pieces } from "./wire/outbox.ts";
export { createSealer, type Sealer, sealFrame, sealGreeting, sealReceipt, sealRoot } from "./wire/seal.ts";
export { type ThreadCodecSettings, threadCodecUrl } from "./wire/thread-codec-url.ts";
