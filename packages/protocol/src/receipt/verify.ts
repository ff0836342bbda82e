// Verifies a receipt from the file alone: no network, no chain, no coordinator. What it holds against stands in each line.
import type { Address, Hash } from "../ids.ts";
import type { NetworkFile } from "../network-file.ts";
import { type Recover, recoverAddress } from "../signature.ts";
import { checkAnchors } from "./check-anchor.ts";
import { checkAnswers, checkWorkers, workersOf } from "./check-answers.ts";
import { checkNetwork, checkOrder, checkSeal, checkTasks, nameOf } from "./check-job.ts";
import { type CheckName, Findings, type ReceiptCheck } from "./findings.ts";
import type { Receipt } from "./receipt.ts";

/** What the verifier knows himself. */
export interface VerifyOptions {
  /** From a source that he trusts; without it a receipt that was forged throughout cannot be told apart. */
  readonly network?: NetworkFile | null;
  /** Roots as he read them from the chain. */
  readonly roots?: readonly Hash[] | null;
  /** A native one is faster; left out, the pure one is used. */
  readonly recover?: Recover;
}

/** A worker whose signed answer was not the accepted one. */
export interface Dissent {
  readonly task: string;
  readonly worker: Address;
  /** Null when the receipt does not name one. */
  readonly operator: Address | null;
  readonly digest: Hash;
  readonly acceptedDigest: Hash;
  readonly acceptedBy: Receipt["tasks"][number]["acceptedBy"];
}

/** The outcome. */
export interface ReceiptVerdict {
  /** Whether every check holds. An unanchored receipt does not. */
  readonly ok: boolean;
  readonly checks: readonly ReceiptCheck[];
  /** Whether the chain has the roots of all results, as far as the receipt says. */
  readonly anchored: boolean;
  /** Whether a network file was given to check against. */
  readonly networkKnown: boolean;
  /** Who gave another answer, and to what; worth something only when `ok`. */
  readonly dissents: readonly Dissent[];
}

/** Verifies a receipt; total, whatever the receipt holds. */
export function verifyReceipt(receipt: Receipt, options: VerifyOptions = {}): ReceiptVerdict {
  const { network = null, roots = null } = options;
  const recover = remembering(options.recover ?? recoverAddress);
  const findings = new Findings();
  const { report } = findings;
  checkSeal(receipt, recover, report);
  if (network !== null) checkNetwork(receipt, network, report);
  checkOrder(receipt, recover, report);
  checkTasks(receipt, report);
  const workers = workersOf(receipt, report);
  const context = { receipt, workers, recover, report };
  checkWorkers(context);
  for (const task of receipt.tasks) checkAnswers(task, context);
  const anchored = checkAnchors(receipt, { roots, recover, report });
  const checks = findings.checks(whatHolds(receipt, { network, roots }));
  const ok = checks.every((check) => check.ok);
  return { ok, checks, anchored, networkKnown: network !== null, dissents: dissentsOf(receipt) };
}

/** Every answer that was not the accepted one, with its worker. */
export function dissentsOf(receipt: Receipt): readonly Dissent[] {
  const operators = new Map(receipt.workers.map(({ worker, operator }) => [worker, operator]));
  return receipt.tasks.flatMap((task) =>
    task.answers
      .filter((answer) => answer.digest !== task.digest)
      .map(({ worker, digest }) => ({
        task: nameOf(task),
        worker,
        operator: operators.get(worker) ?? null,
        digest,
        acceptedDigest: task.digest,
        acceptedBy: task.acceptedBy,
      })),
  );
}

function whatHolds(
  receipt: Receipt,
  known: { readonly network: NetworkFile | null; readonly roots: readonly Hash[] | null },
): Readonly<Record<CheckName, string>> {
  const { tasks, workers, batches, coordinator, payer } = receipt;
  const answers = tasks.reduce((sum, task) => sum + task.answers.length, 0);
  const dissents = dissentsOf(receipt).length;
  const operators = new Set(workers.map(({ operator }) => operator)).size;
  const seen =
    known.roots === null
      ? "as the receipt says; compare the root with the chain by --root"
      : "as you read them from the chain";
  return {
    seal: `the coordinator ${coordinator} sealed exactly this receipt`,
    network:
      known.network === null
        ? "not checked: without a network file whoever wrote the receipt chose chain, contracts and coordinator"
        : `chain ${known.network.chainId}, contracts and coordinator are those of the network "${known.network.name}"`,
    order: `the payer ${payer} signed this job and this spec`,
    tasks: `${tasks.length} tasks, all that the spec has, each with the program that it names`,
    commitments: `${answers} answers open the commitments that were made before any was revealed`,
    signatures: `${answers} commitments and results are signed by their workers`,
    operators: `${workers.length} workers are owned by ${operators} operators, a different one for each answer of a task`,
    acceptance:
      dissents === 0
        ? "all replicas of every task agree"
        : `${dissents === 1 ? "1 answer dissents, and was" : `${dissents} answers dissent, and were`} overruled by the rules`,
    anchor: `${tasks.length} results stand under ${batches.length} anchored ${batches.length === 1 ? "root" : "roots"}, ${seen}`,
  };
}

// Many items share one signature, and a recovery costs more than everything else here.
function remembering(recover: Recover): Recover {
  const known = new Map<string, Address | null>();
  return (digest, signature) => {
    const key = digest + signature;
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = recover(digest, signature);
    known.set(key, made);
    return made;
  };
}
