// The chain of a fleet without one, as a worker sees it: nothing happens there, and nobody is asked.
import type { PerformChainEffect } from "@starling/node-kit";
import type { ChainView } from "./chain-view.ts";

/** What a worker follows of a chain. */
export type FollowedChain = Pick<ChainView, keyof ChainView>;

/** Work is done on the word of the fleet's owner: there are no allotments, pledges, claims and juries to look at. */
export const noChain: FollowedChain = {
  start: () => undefined,
  onHead: () => undefined,
  allotment: async () => null,
  pledge: async () => null,
  claims: async () => {
    throw new Error("there is no chain that a voucher could be redeemed on");
  },
  credits: async () => {
    throw new Error("there is no chain with contracts that could keep money");
  },
  juries: async () => {
    throw new Error("there is no chain with a court");
  },
  refusalOf: async () => null,
  stop: () => undefined,
};

/** Sends nothing. */
export const noTransactions: PerformChainEffect = async ({ type }) => {
  throw new Error(`nothing can be sent to a chain that there is not: ${type}`);
};
