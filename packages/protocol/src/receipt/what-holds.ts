// Sentences about a receipt that holds: what each check has shown, and what no receipt can show.
import type { Hash } from "../ids.ts";
import { hasChain, type NetworkFile } from "../network-file.ts";
import { trustName, trustTerms } from "../trust/terms.ts";
import type { HeldFiles } from "./check-files.ts";
import { auditCounts } from "./check-lottery.ts";
import { dissentsOf } from "./dissent.ts";
import type { CheckName } from "./findings.ts";
import type { AnsweredTask, Receipt } from "./receipt.ts";

/** What the verifier knew himself. */
export interface Known {
  readonly network: NetworkFile | null;
  readonly roots: readonly Hash[] | null;
  readonly files: HeldFiles | null;
  /** Outputs that were measured again from their files. */
  readonly measured: number;
}

/** What is true where a check found nothing. */
export function whatHolds(receipt: Receipt, known: Known): Readonly<Record<CheckName, string>> {
  const { tasks, workers, batches, coordinator, payer } = receipt;
  const answers = [...tasks, ...receipt.undecided].reduce((sum, task) => sum + task.answers.length, 0);
  const sets = tasks.reduce((sum, task) => sum + task.sets.length, 0);
  const operators = new Set(workers.map(({ operator }) => operator)).size;
  const { drawn, audits } = auditCounts(receipt);
  const seen =
    known.roots === null
      ? "as the receipt says; compare the root with the chain by --root"
      : "as you read them from the chain";
  return {
    seal: `the coordinator ${coordinator} sealed exactly this receipt`,
    network: `${hasChain(receipt.domain) ? `chain ${receipt.domain.chainId}, contracts and coordinator are those` : "the coordinator is one"} of the network "${known.network?.name ?? ""}"`,
    order: `the payer ${payer} signed this job and this spec`,
    tasks: `${tasks.length} tasks, all that the spec has, each with the program that it names`,
    lottery: `${counted(sets, "draw")} made again at ${rateOf(receipt)} from tickets under the payer's root: ${counted(drawn, "task")} drawn, ${counted(audits, "audit")} answered`,
    commitments: `${answers} answers open the commitments that were made before any was revealed`,
    signatures: `${answers} commitments and results are signed by their workers`,
    operators: `${workers.length} workers are owned by ${operators} operators, a different one for each answer of a task`,
    acceptance: `${trustOf(receipt)}: ${agreementText(receipt)}`,
    comparison: comparisonText(receipt, known),
    files: `${counted(known.files?.size ?? 0, "file")} with the content that was accepted`,
    anchor: `${tasks.length} results stand under ${batches.length} anchored ${batches.length === 1 ? "root" : "roots"}, ${seen}`,
  };
}

/** What a reader might believe, and what this receipt does not prove. */
export function whatIsNotProven(receipt: Receipt, known: Known): readonly string[] {
  const answers = receipt.tasks.flatMap((task) => task.answers);
  const isSpread = receipt.tasks.some(({ sets }) => sets.length > 1);
  const claims: readonly (readonly [boolean, string])[] = [
    [
      true,
      "that a coordinator which is not the payer's own left the draws alone: it holds the tickets, and could have told an accomplice which commitment escapes",
    ],
    [
      true,
      "that no commit set was left out: workers keep the signed sets that they were shown, and two that contradict each other convict the coordinator",
    ],
    [
      true,
      "that operators are different people, or have stake: those who collude and are drawn together can agree on a wrong answer",
    ],
    [
      isSpread,
      "in which order the sets of a task were closed: that is the coordinator's word, and so is why an answer was asked for, but for the lottery",
    ],
    [
      answers.some(({ paid }) => paid > 0n),
      "what was paid: the chain has the sums, and the receipt has the coordinator's word for each answer",
    ],
    [
      [...receipt.tasks, ...receipt.undecided].some(saysUsage),
      "what attempts used, and how those that failed ended: the workers' own words; of it fuel alone can be checked, by running the task",
    ],
    [
      known.measured === 0 && answers.some(({ distances }) => distances.length > 0),
      "how far outputs are apart that count as equal: the coordinator measured it; measure again with --results",
    ],
    [known.roots === null, "that the chain has the roots: read them yourself and give them by --root"],
    [
      known.network === null,
      "that chain, contracts and coordinator exist: there was no network file to check them against",
    ],
  ];
  return claims.filter(([applies]) => applies).map(([, claim]) => claim);
}

function saysUsage({ answers, failures }: AnsweredTask): boolean {
  return failures !== undefined || answers.some(({ fuel, usage }) => fuel !== undefined || usage !== undefined);
}

function rateOf(receipt: Receipt): string {
  return `${trustTerms(receipt.spec.trust).auditPpm / 10_000} %`;
}

function trustOf(receipt: Receipt): string {
  const { replicas } = trustTerms(receipt.spec.trust);
  return `trust ${trustName(receipt.spec.trust)}, ${replicas === 1 ? "1 answer" : `${replicas} answers`} each`;
}

function agreementText(receipt: Receipt): string {
  const dissents = dissentsOf(receipt).length;
  if (dissents === 0) return "all answers to every task agree";
  return `${dissents === 1 ? "1 answer dissents, and was" : `${dissents} answers dissent, and were`} overruled by the rules`;
}

function comparisonText(receipt: Receipt, { measured }: Known): string {
  const near = receipt.tasks.flatMap((task) =>
    task.answers.filter(({ digest, distances }) => digest !== task.digest && distances.length > 0),
  );
  if (near.length === 0) return "all answers that count as equal are equal in every byte";
  const farthest = Math.max(...near.flatMap(({ distances }) => distances.map(({ l2 }) => l2)));
  const how = measured > 0 ? `${counted(measured, "output")} measured again` : "as the coordinator measured them";
  return `${counted(near.length, "answer")} with other bytes compared as numbers, the farthest at a relative L2 of ${farthest}, ${how}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
