// Verifies a receipt from the file alone: no network, no chain, no coordinator. What it holds against stands in each line.
import type { Address, Hash } from "../ids.ts";
import { hasChain, type NetworkFile } from "../network-file.ts";
import { type Recover, recoverAddress } from "../signature.ts";
import { checkAcceptance } from "./check-acceptance.ts";
import { checkAnchors } from "./check-anchor.ts";
import { checkAnswers, checkWorkers, workersOf } from "./check-answers.ts";
import { checkComparison, checkMeasured, type Measured } from "./check-comparison.ts";
import { checkFiles, type HeldFiles } from "./check-files.ts";
import { checkNetwork, checkOrder, checkSeal, checkTasks } from "./check-job.ts";
import { checkLottery } from "./check-lottery.ts";
import { type Dissent, dissentsOf, type Standoff, standoffsOf } from "./dissent.ts";
import { Findings, type ReceiptCheck } from "./findings.ts";
import type { Receipt } from "./receipt.ts";
import { whatHolds, whatIsNotProven } from "./what-holds.ts";

/** What the verifier knows himself. */
export interface VerifyOptions {
  /** From a source that he trusts; without it a receipt that was forged throughout cannot be told apart. */
  readonly network?: NetworkFile | null;
  /** Roots as he read them from the chain. */
  readonly roots?: readonly Hash[] | null;
  /** The results that he holds; left out, no file is looked at. */
  readonly files?: HeldFiles | null;
  /** Distances as he measured them from the files; left out, the coordinator's are believed. */
  readonly measured?: readonly Measured[];
  /** A native one is faster; left out, the pure one is used. */
  readonly recover?: Recover;
}

/** The outcome. */
export interface ReceiptVerdict {
  /** Whether every check holds without a warning. An unanchored receipt does not. */
  readonly ok: boolean;
  readonly checks: readonly ReceiptCheck[];
  /** What does not follow from a receipt that holds. */
  readonly notProven: readonly string[];
  /** Whether the chain has the roots of all results, as far as the receipt says. */
  readonly anchored: boolean;
  /** Whether a network file was given to check against. */
  readonly networkKnown: boolean;
  /** Who gave another answer, and to what; worth something only when `ok`. */
  readonly dissents: readonly Dissent[];
  /** Tasks on which nobody decided; such a receipt does not hold, and its evidence may. */
  readonly standoffs: readonly Standoff[];
}

/** Verifies a receipt; total, whatever the receipt holds. */
export function verifyReceipt(receipt: Receipt, options: VerifyOptions = {}): ReceiptVerdict {
  const { network = null, roots = null, files = null, measured = [] } = options;
  const recover = remembering(options.recover ?? recoverAddress);
  const findings = new Findings();
  const { report } = findings;
  checkSeal(receipt, recover, report);
  if (network === null) findings.skip("network", noNetwork);
  else checkNetwork(receipt, network, report);
  checkOrder(receipt, recover, report);
  checkTasks(receipt, report);
  const workers = workersOf(receipt, report);
  const context = { receipt, workers, recover, report };
  checkWorkers(context);
  for (const task of receipt.tasks) {
    checkLottery(receipt, task, findings);
    checkAnswers(task, context);
    checkAcceptance(task, context);
    checkComparison(receipt, task, report);
  }
  for (const task of receipt.undecided) checkAnswers(task, context);
  checkMeasured(measured, report);
  if (files === null) findings.skip("files", noFiles);
  else checkFiles(receipt, files, report);
  const anchored = checkAnchors(receipt, { roots, recover, report });
  if (!hasChain(receipt.domain)) findings.skip("anchor", noChain);
  const known = { network, roots, files, measured: measured.length };
  const checks = findings.checks(whatHolds(receipt, known));
  return {
    ok: checks.every((check) => check.ok),
    checks,
    notProven: whatIsNotProven(receipt, known),
    anchored,
    networkKnown: network !== null,
    dissents: dissentsOf(receipt),
    standoffs: standoffsOf(receipt),
  };
}

const noNetwork = "without a network file whoever wrote the receipt chose chain, contracts and coordinator";
const noChain =
  "signed, not anchored: this network has no chain, and the roots of all results stand under its coordinator's signature alone";
const noFiles = "name the folder that holds them with --results";

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
