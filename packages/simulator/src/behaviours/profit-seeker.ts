// One of a coalition that lies exactly where that is expected to earn more than honest work, lease by lease, knowing everything but the draw.
import { checkedFineOf, spotAuditPpm, trustTerms } from "@starling/protocol";
import { type Behaviour, steady } from "./behaviour.ts";

/** Percent: what honest work costs of the price, and who might audit it and is no accomplice. */
const COST = 80n;
const HONEST = 90n;
const MILLION = 1_000_000n;

export const profitSeeker: Behaviour = {
  ...steady,
  name: "profit-seeker",
  run: ({ lease, right, den, spied }, random, count) => {
    const durationMs = 500 + random.below(1_000);
    const head = `profit on ${lease.taskSpec}`;
    count("profitWeighed");
    // Whoever has spoken for the coalition has spoken for all of it.
    if (den.has(head, "lie")) return { durationMs, content: lieAbout(lease.taskSpec) };
    if (den.has(head, "truth")) return { durationMs, content: right };
    const caughtPpm = ((spied.isChecked ? MILLION : BigInt(spotAuditPpm)) * HONEST) / 100n;
    // What was paid stays paid; but whoever is checked and stands for too little is paid with the check, and loses that.
    const isUnproven = spied.isChecked && lease.fine < checkedFineOf(trustTerms("spot"), lease.price);
    const lost = isUnproven ? lease.fine + lease.price : lease.fine;
    const isWorthIt = (lease.price * COST) / 100n > (caughtPpm * lost) / MILLION;
    den.note(head, isWorthIt ? "lie" : "truth");
    if (!isWorthIt) return { durationMs, content: right };
    count("wrongAnswer");
    return { durationMs, content: lieAbout(lease.taskSpec) };
  },
};

function lieAbout(taskSpec: string): string {
  return `the cheaper answer to ${taskSpec}`;
}
