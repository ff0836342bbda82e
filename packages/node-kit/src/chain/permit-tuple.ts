// A token permit as our contracts take it.
import { type Hex, type TokenPermit, zeroHash } from "@starling/protocol";

/** The contracts' struct. They read deadline 0 as "no permit": the allowance must stand already. */
export function permitTuple(permit: TokenPermit | null) {
  if (permit === null) return { value: 0n, deadline: 0n, v: 0n, r: zeroHash, s: zeroHash };
  const { value, deadline, signature } = permit;
  const r: Hex = `0x${signature.slice(2, 66)}`;
  const s: Hex = `0x${signature.slice(66, 130)}`;
  return { value, deadline: BigInt(deadline), v: BigInt(`0x${signature.slice(130)}`), r, s };
}
