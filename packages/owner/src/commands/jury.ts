// `starling stake jury`: seats of workers in the pool from which juries of disputes are drawn.
import type { OwnerChain } from "@starling/node-kit";
import { type Address, formatAmount } from "@starling/protocol";
import type { Command } from "commander";
import { addressFrom, type OwnerOptions, onChain, verb, walletFrom, withChain, withKey } from "../options.ts";
import { print } from "../print.ts";

/** Adds the noun to `stake`. */
export function addJuryCommands(stake: Command): void {
  const jury = stake
    .command("jury")
    .description("Have a worker judge disputes: a fee for its vote, a fine for silence");
  const seat = (usage: string, description: string): Command =>
    withKey(onChain(verb(jury, usage, description))).requiredOption("--worker <address>", "the worker's hot key");
  seat("join", "Take a seat for a worker of yours, with some of your free stake behind it").action(join);
  seat("leave", "Leave the seat; later, once more, to get its stake back").action(leave);
  seat("status", "Show a worker's seat, and what stands behind it").action(status);
}

async function join(options: OwnerOptions): Promise<void> {
  const worker = addressFrom(options.worker, "worker");
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    await chain.joinJury(wallet, worker, waiting);
    await report(chain, worker, options);
  });
}

async function leave(options: OwnerOptions): Promise<void> {
  const worker = addressFrom(options.worker, "worker");
  const wallet = await walletFrom(options);
  await withChain(options, async (chain, waiting) => {
    await chain.leaveJury(wallet, worker, waiting);
    await report(chain, worker, options);
  });
}

async function status(options: OwnerOptions): Promise<void> {
  const worker = addressFrom(options.worker, "worker");
  await withChain(options, (chain) => report(chain, worker, options));
}

async function report(chain: OwnerChain, worker: Address, options: OwnerOptions): Promise<void> {
  const { isTaken, stake, releaseAtSeconds } = await chain.seat(worker, {});
  const releasable = releaseAtSeconds === null ? null : new Date(releaseAtSeconds * 1_000).toISOString();
  const seat = isTaken ? "taken" : "none";
  print({ worker, seat, "behind it": formatAmount(stake), "free from": releasable }, options.output);
}
