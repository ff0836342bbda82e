// At rest the coordinator's view of its escrows is the chain's: deposits, payments, roots and their proofs.
import { jobView, ledgerView, listNodes, listTasks, receiptMaterial } from "@starling/coordinator/core";
import { type JobId, merkleVerify } from "@starling/protocol";
import type { World } from "../world/world.ts";
import type { Checker, Findings } from "./checker.ts";
import { mayBeLate } from "./rest.ts";

const VIEW_EVERY_TURNS = 128;
/** Receipts hash every accepted result anew, so they are rarer the more workers there are to make results. */
const RECEIPT_EVERY_TURNS = 128;

export function chainView(): Checker {
  let turns = 0;
  return {
    name: "chain-view",
    afterTurn: (world) => {
      turns += 1;
      if (turns % (RECEIPT_EVERY_TURNS * world.workers.length) === 0) receiptFlaws(world);
      return turns % VIEW_EVERY_TURNS === 0 ? readAll(world) : [];
    },
    atEnd: (world) => [...readAll(world), ...(world.isChainless ? [] : escrowFlaws(world)), ...receiptFlaws(world)],
  };
}

// Read models must work on every state, not only on tidy ones.
function readAll({ coordinator }: World): Findings {
  const { state } = coordinator;
  for (const jobId of state.ledger.jobs.keys()) {
    jobView(state, jobId);
    listTasks(state, { jobId, limit: 100 });
  }
  listNodes(state, { limit: 100 });
  return ledgerView(state).differences;
}

function escrowFlaws({ coordinator, chain }: World): Findings {
  const broken: string[] = [];
  for (const [escrowId, { chain: seen }] of coordinator.state.ledger.escrows) {
    const real = chain.contracts.escrows.get(escrowId);
    if (real === undefined) {
      if (seen.phase !== "none") broken.push(`escrow ${escrowId} is ${seen.phase} here and nowhere on chain`);
      continue;
    }
    if (seen.budget !== real.budget)
      broken.push(`escrow ${escrowId} holds ${seen.budget} here, ${real.budget} on chain`);
    for (const [worker, { claimed }] of real.accounts)
      if ((seen.paid.get(worker) ?? 0n) !== claimed) broken.push(`the payment of ${worker} is not known here`);
  }
  return broken;
}

function receiptFlaws(world: World): Findings {
  const { coordinator, chain } = world;
  const { state } = coordinator;
  return [...state.ledger.jobs.keys()].flatMap((jobId: JobId) => {
    const receipt = receiptMaterial(state, jobId);
    const escrow = receipt === null ? undefined : chain.contracts.escrows.get(receipt.escrowId);
    return (receipt?.tasks ?? []).flatMap(({ taskId, anchor }) => {
      if (anchor === null) return mayBeLate(world, taskId) ? [] : [`accepted task ${taskId} stands under no root`];
      const { leaf, index, proof } = anchor;
      // Without a chain a root is what the coordinator signed.
      const signed = receipt?.batches.find(({ batch }) => batch === anchor.batch)?.signed?.root;
      const root = world.isChainless ? signed : escrow?.roots.get(anchor.batch);
      const isProven = root !== undefined && merkleVerify({ root, index, leaf, proof });
      return isProven || mayBeLate(world, taskId) ? [] : [`accepted task ${taskId} is not proven by the anchored root`];
    });
  });
}
