// The terms of a submission: whom to name, what to sign, what is in the payer's escrow.
import { type CallContext, mayActFor } from "@starling/node-kit";
import { type Address, isAddress, type TokenDomain } from "@starling/protocol";
import type { GetQuoteResponse } from "@starling/protocol/rpc";
import { openEscrowView } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import type { PermitDesk } from "./permits.ts";
import { fromChain, refusal } from "./refuse.ts";

/** Asks the chain for what the payer has and will sign next. */
export async function quoteFor(
  deps: ApiDeps & { readonly permits: PermitDesk },
  payer: string,
  { identity, signal }: CallContext,
): Promise<GetQuoteResponse> {
  if (!isAddress(payer))
    throw refusal("invalidArgument", "the payer is an address of 0x and 40 lower-case hexadecimal digits", [
      { field: "payer", description: "malformed" },
    ]);
  if (!mayActFor(identity, payer)) throw refusal("permissionDenied", "this API key belongs to another account");
  const { engine, network, checks } = deps;
  const [balance, nonce, token] = await chainValues(deps, payer, signal);
  const open = engine.read((state) => openEscrowView(state, payer));
  const { contracts } = network;
  const deadline =
    open === null ? 0 : engine.read((state) => state.ledger.escrows.get(open.escrowId)?.chain.deadlineSeconds ?? 0);
  return {
    networkId: deps.networkId,
    coordinator: checks.coordinator,
    coordinatorPeerId: deps.peerId,
    chainId: BigInt(network.chainId),
    contracts: {
      token: contracts.token,
      stakeRegistry: contracts.stakeRegistry,
      jobEscrow: contracts.jobEscrow,
      court: contracts.court,
    },
    tokenName: token.name,
    tokenVersion: token.version,
    permitNonce: String(deps.permits.next(payer, { nonce, token })),
    balance: String(balance),
    escrow:
      open === null
        ? undefined
        : { escrowId: open.escrowId, available: String(open.free), deadlineSeconds: BigInt(deadline) },
    nowMs: BigInt(engine.now()),
  };
}

async function chainValues(
  { queries }: ApiDeps,
  payer: Address,
  signal: AbortSignal,
): Promise<[bigint, bigint, TokenDomain]> {
  return await fromChain(
    Promise.all([
      queries.tokenBalance(payer, { signal }),
      queries.permitNonce(payer, { signal }),
      queries.tokenDomain({ signal }),
    ]),
  );
}
