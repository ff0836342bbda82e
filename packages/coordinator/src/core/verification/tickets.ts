// Opens the lottery to those who answered: once a task is settled its ticket tells nothing that is still to come, and shows how it fell.
import { present } from "@starling/kernel";
import {
  type Address,
  type JobId,
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
  due: TaskId[];
}

/** A task was settled: its ticket is opened soon, together with others of its job. */
export function ticketDue(state: CoordinatorState, task: Task, turn: CoordinatorTurn): void {
  const desk = deskOf(state, present(state.ledger.jobs.get(task.jobId), `job ${task.jobId}`));
  if (desk === null) return;
  desk.due.push(task.taskId);
  if (desk.due.length > 1) return;
  state.index.timers.push({ at: turn.now + state.config.policy.ticketGatherMs, kind: "tickets", id: task.jobId });
}

function deskOf(state: CoordinatorState, job: Job): TicketDesk | null {
  const known = state.presence.tickets.get(job.jobId);
  if (known !== undefined) return known;
  const secret = secretOf(state, job);
  // What was sealed under another key can't be opened; all of it was audited.
  if (secret === null) return null;
  const slice = state.config.policy.ticketsPerTurn;
  const slices = lotteryTreeInSlices(secret, { tasks: totalTasks(job.submission.spec), slice });
  const desk: TicketDesk = { slices, tree: null, due: [] };
  state.presence.tickets.set(job.jobId, desk);
  return desk;
}

/** Builds the next slice of the tree, or opens the next tickets; whoever is away then is not told. */
export function openTickets(state: CoordinatorState, jobId: JobId, turn: CoordinatorTurn): void {
  const desk = state.presence.tickets.get(jobId);
  const job = state.ledger.jobs.get(jobId);
  if (desk === undefined || job === undefined) {
    state.presence.tickets.delete(jobId);
    return;
  }
  if (desk.tree === null) {
    const step = desk.slices.next();
    if (step.done === true) desk.tree = step.value;
  }
  if (desk.tree !== null) sendTickets(state, job, { desk, tree: desk.tree, turn });
  if (desk.due.length > 0) {
    state.index.timers.push({ at: turn.now + state.config.policy.settleGridMs, kind: "tickets", id: jobId });
  } else {
    closeDesk(state, job);
  }
}

/** Drops what an ended job needed to open tickets, if none is left to open. */
export function closeDesk(state: CoordinatorState, { jobId, state: now }: Job): void {
  if (isJobOver(now) && state.presence.tickets.get(jobId)?.due.length === 0) state.presence.tickets.delete(jobId);
}

interface Opening {
  readonly desk: TicketDesk;
  readonly tree: MerkleTree;
  readonly turn: CoordinatorTurn;
}

function sendTickets(state: CoordinatorState, job: Job, { desk, tree, turn }: Opening): void {
  const { ticketsPerTurn, leasesPerFrameMax } = state.config.policy;
  const { order, orderSignature, spec } = job.submission;
  const secret = present(secretOf(state, job), `lottery of ${job.jobId}`);
  const items = new Map<Address, TicketItem[]>();
  for (const taskId of desk.due.slice(0, ticketsPerTurn)) {
    const task = present(state.ledger.tasks.get(taskId), `task ${taskId}`);
    const opened = openTicket(tree, { secret, position: ticketPosition(job, task) });
    for (const { worker, taskSpec, drawn } of answered(state, task)) {
      const mine = items.get(worker) ?? [];
      items.set(worker, mine);
      mine.push({ taskSpec, ...opened, drawn });
    }
  }
  desk.due = desk.due.slice(ticketsPerTurn);
  const { auditPpm } = trustTerms(spec.trust);
  const terms = { order, orderSignature, tasks: totalTasks(spec), auditPpm };
  const { epoch } = state.ledger;
  for (const [worker, mine] of items) {
    if (!isConnected(state.presence.sessions.get(worker))) continue;
    for (const part of chunks(mine, leasesPerFrameMax))
      turn.request({ type: "sendTickets", worker, epoch, terms, items: part });
  }
}

// Everybody who revealed an answer, with what the lottery said of the set that he was shown.
function answered(
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
