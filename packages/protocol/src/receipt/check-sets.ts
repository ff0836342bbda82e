// The commit sets of a receipt: each closed before anybody revealed, with all its members, and every answer in the one of its round.
import { commitLeaf, isFrameSignedBy, isInFrame } from "../frame.ts";
import type { AnswerContext } from "./check-answers.ts";
import { nameOf } from "./check-job.ts";
import type { AnsweredTask, ReceiptCommitment, ReceiptSet } from "./receipt.ts";

/** Checks the sets of a task against its answers. */
export function checkSets(task: AnsweredTask, context: AnswerContext): void {
  const { report } = context;
  const name = nameOf(task);
  const attempts = new Set<number>();
  task.sets.forEach((set, i) => {
    if (set.round !== i) report("commitments", `${name}: the sets do not count up from zero`);
    if (!isOrdered(set)) report("commitments", `${name}: set ${set.round} is not in the order of its workers`);
    for (const member of set.commitments) {
      // An attempt is one lease: one commitment, in one set.
      if (attempts.has(member.attempt)) report("commitments", `${name}: attempt ${member.attempt} committed twice`);
      attempts.add(member.attempt);
      checkMember(task, { set, member }, context);
    }
  });
  for (const { worker, round, attempt, commitment } of task.answers) {
    const members = task.sets[round]?.commitments ?? [];
    if (!members.some((one) => one.worker === worker && one.attempt === attempt && one.commitment === commitment))
      report("commitments", `${name}: the commitment of ${worker} is not in set ${round}`);
  }
}

function isOrdered({ commitments }: ReceiptSet): boolean {
  return commitments.every((one, i) => {
    const before = commitments[i - 1];
    if (before === undefined) return true;
    return before.worker === one.worker ? before.attempt < one.attempt : before.worker < one.worker;
  });
}

interface Member {
  readonly set: ReceiptSet;
  readonly member: ReceiptCommitment;
}

// Each member either answered or signed its commitment all the same: else a set could be filled up until the draw suits.
function checkMember(task: AnsweredTask, { set, member }: Member, { receipt, recover, report }: AnswerContext): void {
  const { worker, attempt, commitment, absent } = member;
  const who = `${nameOf(task)}: ${worker}`;
  const answered = task.answers.some((one) => one.worker === worker && one.attempt === attempt);
  if (absent === null) {
    if (!answered) report("commitments", `${who} stands in set ${set.round} without an answer or a signature`);
    return;
  }
  if (answered) report("commitments", `${who} answered, and is said not to have`);
  const { leaseId, commitEvidence } = absent;
  const leaf = commitLeaf({ leaseId, taskSpec: task.taskSpec, attempt, commitment });
  const signed = { kind: "commit", frame: commitEvidence.frame } as const;
  if (!isInFrame(leaf, commitEvidence) || !isFrameSignedBy(worker, signed, { domain: receipt.domain, recover }))
    report("signatures", `${who} did not sign its commitment in set ${set.round}`);
}
