// What the coordinator's shell needs of the world, as narrow interfaces.
import type { Address, Cid } from "@starling/protocol";

/** What the registry says of workers, at confirmed depth. */
export interface CoordinatorChain {
  /** The operator under which a worker is registered, or null when it is not. `operator` is whom the worker's record names. */
  operatorOf(
    record: { readonly worker: Address; readonly operator: Address },
    waiting: { readonly signal: AbortSignal },
  ): Promise<Address | null>;
}

/** Files by content id on this machine. */
export interface CoordinatorArtifacts {
  stat(cid: Cid): { readonly size: number } | null;
  put(bytes: Uint8Array): Promise<{ readonly cid: Cid; readonly size: number }>;
}
