// After all kills: the journal, the API and the chain tell the same story, in which nothing happened twice.
import { join } from "node:path";
import type { CoordinatorFact } from "@starling/coordinator/core";
import { LevelJournal } from "@starling/node-kit";
import type { Address, EscrowId } from "@starling/protocol";
import { expect } from "vitest";
import { closeEscrow } from "../../scripts/demo/settlement.ts";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import { deadline } from "../harness/deadline.ts";
import type { Course } from "./course.ts";

/** Closes the escrow, stops the coordinator, and compares everything with everything. */
export async function audit(course: Course, money: { readonly payerBefore: bigint }): Promise<void> {
  const { net } = course;
  const leases = (await Promise.all(course.jobs.map((jobId) => course.tasks(jobId))))
    .flat()
    .flatMap((task) => task.leases);
  const earned = new Map<string, bigint>();
  for (const { worker, verdict, price } of leases) {
    if (verdict === "accepted") earned.set(worker, (earned.get(worker) ?? 0n) + BigInt(price));
  }
  // Two answers of one worker for one attempt would be equivocation.
  const answers = leases.filter(({ digest }) => digest !== "").map(({ taskId, attempt }) => `${taskId}#${attempt}`);
  expect(new Set(answers).size).toBe(answers.length);
  const escrowIds = new Set(
    (await Promise.all(course.jobs.map((jobId) => net.client.jobs.getJob({ jobId })))).map(
      ({ job }) => job?.escrowId ?? "",
    ),
  );
  const paid = new Map<string, bigint>();
  for (const escrowId of escrowIds) {
    const books = await closeEscrow(net.client, escrowId, { signal: deadline("closing") });
    expect(books).toMatchObject({ balanced: true, owed: "0" });
    for (const { worker } of books.workers) {
      const { claimed } = await net.queries.account(escrowId as EscrowId, worker as Address);
      paid.set(worker, (paid.get(worker) ?? 0n) + claimed);
    }
  }
  for (const [worker, amount] of paid) {
    expect(amount, `pay of ${worker}`).toBe(earned.get(worker) ?? 0n);
    expect(await net.queries.tokenBalance(worker as Address), `tokens of ${worker}`).toBe(amount);
  }
  const total = [...paid.values()].reduce((sum, amount) => sum + amount, 0n);
  expect(await net.queries.tokenBalance(net.devnet.ground.accounts.payer.address)).toBe(money.payerBefore - total);
  expect(await net.queries.tokenBalance(net.chain.contracts.jobEscrow)).toBe(0n);
  await net.devnet.daemon("coordinator").stop();
  await checkJournal(daemonPlaces(net.devnet.places, "coordinator").dataDir);
}

/** Every fact of the coordinator's life: no task accepted twice on the same answers, none settled twice, no lease paid twice, no job ended twice. */
export async function checkJournal(dataDir: string): Promise<void> {
  const journal = new LevelJournal({ directory: join(dataDir, "journal") });
  await journal.open();
  const once = new Map<string, number>();
  const count = (key: string): void => void once.set(key, (once.get(key) ?? 0) + 1);
  let epochs = 0;
  try {
    for await (const { facts } of journal.replay(0)) {
      for (const fact of facts as readonly CoordinatorFact[]) {
        if (fact.type === "epochStarted") epochs += 1;
        if (fact.type === "jobAccepted") count(`accepted ${fact.submission.jobId}`);
        if (fact.type === "jobCompleted") count(`completed ${fact.jobId}`);
        if (fact.type === "taskSettled" || fact.type === "taskFinal") count(`${fact.type} ${fact.taskId}`);
        // An audit brings one more answer, and all are ruled on again.
        if (fact.type === "taskAccepted")
          count(`${fact.type} ${fact.taskId} on ${fact.winners.length + fact.losers.length} answers`);
        if (fact.type === "payOwed" || fact.type === "leaseSettled" || fact.type === "leaseRevealed")
          count(`${fact.type} ${fact.leaseId}`);
      }
    }
  } finally {
    await journal.close();
  }
  expect(epochs).toBeGreaterThan(1);
  expect([...once].filter(([, times]) => times > 1)).toEqual([]);
}
