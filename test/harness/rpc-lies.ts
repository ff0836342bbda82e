// What a node may say against the truth: another chain's id, or an old head, as one that lags or was cut off from its peers does.

/** Nothing given: the truth. */
export interface Lies {
  /** What `eth_chainId` says. */
  readonly chainId?: number;
  /** The node knows no block after this one. */
  readonly headNumber?: number;
}

/** The parameters as a node that knows no later block understands them: its latest block is the old one. */
export function agedCall(lies: Lies, { params }: { readonly params: readonly unknown[] }): readonly unknown[] {
  if (lies.headNumber === undefined) return params;
  const old = `0x${lies.headNumber.toString(16)}`;
  return params.map((one) => (one === "latest" ? old : one));
}

/** The answer as such a node would give it: what stands in a later block it has never seen. */
export function agedResult(lies: Lies, method: string, result: unknown): unknown {
  if (lies.headNumber === undefined) return result;
  if (method === "eth_blockNumber") return `0x${lies.headNumber.toString(16)}`;
  return method === "eth_getTransactionReceipt" && numberIn(result, "blockNumber") > lies.headNumber ? null : result;
}

/** Whether such a node would tell of a head. */
export function isKnown(lies: Lies, head: unknown): boolean {
  return lies.headNumber === undefined || numberIn(head, "number") <= lies.headNumber;
}

function numberIn(value: unknown, field: "number" | "blockNumber"): number {
  if (typeof value !== "object" || value === null || !(field in value)) return -1;
  return Number((value as Readonly<Record<string, unknown>>)[field]);
}
