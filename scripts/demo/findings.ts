// What follows from API and receipt: how much ran, who lied and how that is known, who earned what, and what did not hold.
import type { Address, AuditCause, Receipt, ReceiptTask } from "@starling/protocol";
import type { Task } from "@starling/protocol/rpc";
import type { StarlingClient } from "@starling/sdk";
import type { Accusation, DemoReport, Pay, Work } from "./report.ts";

const callsAtOnce = 16;

/** Every task of a job with all its leases. */
export async function tasksOf(
  client: StarlingClient,
  jobId: string,
  waiting: { readonly signal: AbortSignal },
): Promise<readonly Task[]> {
  const ids: string[] = [];
  let pageToken = "";
  do {
    const page = await client.tasks.listTasks({ jobId, pageSize: 500, pageToken, states: [] }, waiting);
    ids.push(...page.tasks.map(({ taskId }) => taskId));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  const tasks: Task[] = [];
  for (let i = 0; i < ids.length; i += callsAtOnce) {
    const answers = await Promise.all(
      ids.slice(i, i + callsAtOnce).map((taskId) => client.tasks.getTask({ taskId }, waiting)),
    );
    for (const { task } of answers) if (task !== undefined) tasks.push(task);
  }
  return tasks;
}

/** Counts what ran. Which leases were audits only the receipt tells, when all is over. */
export function workOf(tasks: readonly Task[], receipt: Receipt): Work {
  const leases = tasks.flatMap((task) => task.leases);
  const settled = leases.filter(({ state }) => state === "settled");
  const answers = receipt.tasks.flatMap((task) => task.answers);
  const audited = (cause: AuditCause): number => answers.filter(({ audit }) => audit === cause).length;
  const [lottery, checked] = [audited("lottery"), audited("checked")];
  const audits = { lottery, checked, canary: audited("canary"), retro: audited("retro") };
  const refereeRuns = settled.filter(({ role }) => role === "referee").length;
  const replicaAudits = answers.filter(({ audit, role }) => audit !== null && role === "replica").length;
  const replicas = settled.length - refereeRuns - replicaAudits;
  return { tasks: tasks.length, replicas, refereeRuns, audits, otherAttempts: leases.length - settled.length };
}

/** Workers whose signed answers were overruled, by the receipt alone. Nobody is named when all agree. */
export function accusationsOf(receipt: Receipt, nameOf: (worker: string) => string): readonly Accusation[] {
  const found = new Map<Address, Accusation["tasks"][number][]>();
  for (const task of receipt.tasks) {
    const agreed = task.answers.filter(({ digest }) => digest === task.digest).map(({ worker }) => nameOf(worker));
    for (const { worker, digest } of task.answers) {
      if (digest === task.digest) continue;
      const evidence = {
        task: nameOfTask(task),
        digest,
        acceptedDigest: task.digest,
        agreed,
        ruledBy: task.acceptedBy,
      };
      found.set(worker, [...(found.get(worker) ?? []), evidence]);
    }
  }
  const operators = new Map(receipt.workers.map(({ worker, operator }) => [worker, operator]));
  return [...found].map(([worker, tasks]) => ({
    worker,
    operator: operators.get(worker) ?? null,
    name: nameOf(worker),
    tasks,
  }));
}

function nameOfTask({ step, index }: ReceiptTask): string {
  return `${step}/${index}`;
}

/** What each worker earned by the prices of its accepted leases, beside the tokens that it has. */
export async function payOf(
  tasks: readonly Task[],
  tokens: (worker: Address) => Promise<bigint>,
  nameOf: (worker: string) => string,
): Promise<readonly Pay[]> {
  const earned = new Map<string, { accepted: number; sum: bigint }>();
  for (const { worker, verdict, price } of tasks.flatMap((task) => task.leases)) {
    const account = earned.get(worker) ?? { accepted: 0, sum: 0n };
    if (verdict === "accepted")
      earned.set(worker, { accepted: account.accepted + 1, sum: account.sum + BigInt(price) });
    else earned.set(worker, account);
  }
  const rows = [...earned].map(async ([worker, { accepted, sum }]) => ({
    worker: worker as Address,
    name: nameOf(worker),
    accepted,
    earned: sum,
    onChain: await tokens(worker as Address),
  }));
  return (await Promise.all(rows)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Found = Pick<DemoReport, "state" | "best" | "accusations" | "pay" | "settlement" | "verification">;

/** Everything that did not hold, in words. How many lie is known beforehand, who does is not. */
export function problemsOf(
  found: Found,
  { tasks, liars }: { readonly tasks: readonly Task[]; readonly liars: number },
): readonly string[] {
  const { state, best, accusations, pay, settlement, verification } = found;
  const problems: string[] = [];
  if (state !== "completed") problems.push(`the job is ${state}, not completed`);
  const open = tasks.filter((task) => task.state !== "final").length;
  if (open > 0) problems.push(`${open} tasks are not final`);
  if (best.tasks !== tasks.length - 1)
    problems.push(`the best is chosen of ${best.tasks} results, not of ${tasks.length - 1}`);
  for (const { name, earned, onChain } of pay) {
    if (earned !== onChain) problems.push(`${name} earned ${earned} base units and has ${onChain} on chain`);
  }
  const total = pay.reduce((sum, { earned }) => sum + earned, 0n);
  if (total !== settlement.paid)
    problems.push(`workers earned ${total} base units, the escrow paid ${settlement.paid}`);
  if (!settlement.balanced) problems.push("the coordinator's books differ from the chain");
  if (accusations.length !== liars) problems.push(`${liars} workers lie, and ${accusations.length} were found out`);
  for (const { name, tasks: lies } of accusations) {
    const wrong = tasks.flatMap((task) => task.leases).filter(({ verdict }) => verdict === "rejected").length;
    if (wrong < lies.length)
      problems.push(`${name} gave ${lies.length} wrong answers, and only ${wrong} leases were rejected`);
  }
  if (verification.code !== 0) problems.push(`the receipt does not verify (exit code ${verification.code})`);
  return problems;
}
