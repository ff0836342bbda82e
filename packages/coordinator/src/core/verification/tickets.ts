// Opens the lottery to those who answered: once a task is settled its ticket tells nothing that is still to come, and shows how it fell.
import { type Millis, present } from "@starling/kernel";
import {
  type Address,
  type JobId,
  type LotteryTerms,
  lotteryBond,
  lotteryTreeInSlices,
  type MerkleTree,
  openTicket,
  type TaskId,
  type TicketItem,
  type TreeSlices,
  totalTasks,
  trustTerms,
} from "@starling/protocol";
import type { Job, Task } from "../ledger/job.ts";
import { isJobOver } from "../lifecycle/tables.ts";
import { type CoordinatorState, isConnected } from "../state.ts";
import { type CoordinatorTurn, chunks } from "../turn.ts";
import { secretOf, ticketPosition } from "./lottery.ts";

/** The tickets of a job that are being opened. */
export interface TicketDesk {
  /** The tree over all tickets as far as it stands: 64 bytes for each task, built in slices since a large one takes seconds. */
  readonly slices: TreeSlices;
  tree: MerkleTree | null;
  /** Settled tasks whose workers have not been told. */
  readonly due: TaskId[];
  /** Settled tasks that a worker asks for, which was away when they were opened. */
  readonly late: Map<Address, TaskId[]>;
  /** When it is looked at next; null where no alarm is set. */
  opensAt: Millis | null;
}

/** A task was settled: its ticket is opened soon, together with others of its job. */
export function ticketDue(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const desk = deskOf(state, present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`));
  if (desk === null) return;
  desk.due.push(task.taskId);
  arm(state, { desk, jobId: task.jobId, at: turn.now + state.config.policy.ticketGatherMs });
}

/** What a worker asks for later, of one job. */
interface LateTickets {
  readonly job: Job;
  readonly worker: Address;
  /** Settled ones, which it answered. */
  readonly tasks: TaskId[];
}

/** A worker asks for tickets that were opened without it. What it asked for before is forgotten, so that asking often costs nothing. */
export function ticketsLate(state: CoordinatorState, { job, worker, tasks }: LateTickets, turn: CoordinatorTurn): void {
  const desk = deskOf(state, job);
  if (desk === null) return;
  desk.late.set(worker, tasks);
  const { ticketGatherMs, lateTicketsMs } = state.config.policy;
  arm(state, { desk, jobId: job.jobId, at: turn.now + (desk.tree === null ? lateTicketsMs : ticketGatherMs) });
}

interface Alarm {
  readonly desk: TicketDesk;
  readonly jobId: JobId;
  readonly at: Millis;
}

function arm({ index }: CoordinatorState, { desk, jobId, at }: Alarm): void {
  if (desk.opensAt !== null && desk.opensAt <= at) return;
  desk.opensAt = at;
  index.timers.push({ at, kind: "tickets", id: jobId });
}

function deskOf(state: CoordinatorState, job: Job): TicketDesk | null {
  const known = state.presence.tickets.get(job.jobId);
  if (known !== undefined) return known;
  const secret = secretOf(state, job);
  // What was sealed under another key can't be opened; all of it was audited.
  if (secret === null) return null;
  const slice = state.config.policy.ticketsPerTurn;
  const slices = lotteryTreeInSlices(secret, { tasks: totalTasks(job.submission.spec), slice });
  const desk: TicketDesk = { slices, tree: null, due: [], late: new Map(), opensAt: null };
  state.presence.tickets.set(job.jobId, desk);
  return desk;
}

/** Builds the next slice of the tree, or opens the next tickets. Whoever is away then asks for his when he is back. */
export function openTickets(state: CoordinatorState, jobId: JobId, turn: CoordinatorTurn): void {
  const desk = state.presence.tickets.get(jobId);
  const job = state.ledger.jobs.get(jobId);
  if (desk === undefined || job === undefined) {
    state.presence.tickets.delete(jobId);
    return;
  }
  // An alarm that an earlier one has overtaken.
  if (desk.opensAt === null || desk.opensAt > turn.now) return;
  desk.opensAt = null;
  if (desk.tree === null) {
    const step = desk.slices.next();
    if (step.done === true) desk.tree = step.value;
  }
  if (desk.tree !== null && !isPayers(job, desk.tree)) dropAll(desk);
  else if (desk.tree !== null) sendTickets(state, job, { desk, tree: desk.tree, turn });
  if (isBusy(desk)) arm(state, { desk, jobId, at: turn.now + state.config.policy.settleGridMs });
  else closeDesk(state, job);
}

function termsOf({ submission: { spec } }: Job, { root }: MerkleTree): LotteryTerms {
  return { ticketRoot: root, tasks: totalTasks(spec), auditPpm: trustTerms(spec.trust).auditPpm };
}

// The root of a large job is not checked when it is submitted. Tickets under another one than the payer signed would convict us, so none is opened.
function isPayers(job: Job, tree: MerkleTree): boolean {
  return lotteryBond(job.submission.order.lotteryRoot, termsOf(job, tree)) !== null;
}

function dropAll({ due, late }: TicketDesk): void {
  due.length = 0;
  late.clear();
}

function isBusy({ due, late }: TicketDesk): boolean {
  return due.length + late.size > 0;
}

/** Drops what an ended job needed to open tickets, if none is left to open. */
export function closeDesk(state: CoordinatorState, { jobId, state: now }: Job): void {
  const desk = state.presence.tickets.get(jobId);
  if (desk !== undefined && isJobOver(now) && !isBusy(desk)) state.presence.tickets.delete(jobId);
}

interface Opening {
  readonly desk: TicketDesk;
  readonly tree: MerkleTree;
  readonly turn: CoordinatorTurn;
}

function sendTickets(state: CoordinatorState, job: Job, { desk, tree, turn }: Opening): void {
  const { ticketsPerTurn, leasesPerFrameMax } = state.config.policy;
  const { order, orderSignature } = job.submission;
  const secret = present(secretOf(state, job), `lottery of ${job.jobId}`);
  const items = new Map<Address, TicketItem[]>();
  for (const { taskId, only } of takeNext(desk, ticketsPerTurn)) {
    const task = present(state.ledger.tasks.get(taskId), `task ${taskId}`);
    const opened = openTicket(tree, { secret, position: ticketPosition(job, task) });
    for (const { worker, taskSpec, drawn } of answered(state, task)) {
      if (only !== null && only !== worker) continue;
      const mine = items.get(worker) ?? [];
      items.set(worker, mine);
      mine.push({ taskSpec, ...opened, drawn });
    }
  }
  const terms = { order, orderSignature, ...termsOf(job, tree) };
  const { epoch } = state.ledger;
  for (const [worker, mine] of items) {
    if (!isConnected(state.presence.sessions.get(worker))) continue;
    for (const part of chunks(mine, leasesPerFrameMax))
      turn.request({ type: "sendTickets", worker, epoch, terms, items: part });
  }
}

interface NextTicket {
  readonly taskId: TaskId;
  /** Who asked for it; null where it is opened to everybody. */
  readonly only: Address | null;
}

// Takes the oldest first, and whoever was away last.
function takeNext({ due, late }: TicketDesk, max: number): readonly NextTicket[] {
  const next: NextTicket[] = due.splice(0, max).map((taskId) => ({ taskId, only: null }));
  for (const [worker, tasks] of late) {
    for (const taskId of tasks.splice(0, max - next.length)) next.push({ taskId, only: worker });
    if (tasks.length > 0) break;
    late.delete(worker);
  }
  return next;
}

/** Everybody who revealed an answer, with what the lottery said of the set that he was shown. */
export function answered(
  state: CoordinatorState,
  task: Task,
): readonly (Pick<TicketItem, "taskSpec" | "drawn"> & { worker: Address })[] {
  return task.sets.flatMap(({ leases, drawn }) =>
    leases.flatMap((leaseId) => {
      const { worker, taskSpec, answer } = present(state.ledger.leases.get(leaseId), `lease ${leaseId}`);
      return answer === null ? [] : [{ worker, taskSpec, drawn }];
    }),
  );
}
