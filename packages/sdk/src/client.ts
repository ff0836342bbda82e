// The client of a coordinator: every service over one connection.
import {
  ArtifactServiceDefinition,
  JobServiceDefinition,
  LedgerServiceDefinition,
  NodeServiceDefinition,
  TaskServiceDefinition,
} from "@starling/protocol/rpc";
import { StarlingError } from "./call-error.ts";
import { type Endpoint, isHostPort, RpcConnection, type ServiceClient } from "./rpc-client.ts";

/** A connected client; `close` it when done. */
export interface StarlingClient {
  readonly jobs: ServiceClient<typeof JobServiceDefinition>;
  readonly tasks: ServiceClient<typeof TaskServiceDefinition>;
  readonly nodes: ServiceClient<typeof NodeServiceDefinition>;
  readonly artifacts: ServiceClient<typeof ArtifactServiceDefinition>;
  readonly ledger: ServiceClient<typeof LedgerServiceDefinition>;
  close(): void;
}

/** Makes a client; it connects at the first call and reconnects by itself. */
export function connect(endpoint: Endpoint): StarlingClient {
  if (!isHostPort(endpoint.address))
    throw new StarlingError("invalidArgument", `the coordinator's API is HOST:PORT, not "${endpoint.address}"`);
  const connection = new RpcConnection(endpoint);
  return {
    jobs: connection.service(JobServiceDefinition),
    tasks: connection.service(TaskServiceDefinition),
    nodes: connection.service(NodeServiceDefinition),
    artifacts: connection.service(ArtifactServiceDefinition),
    ledger: connection.service(LedgerServiceDefinition),
    close: () => connection.close(),
  };
}
