// TaskService: state, attempts, reasons, deadlines.
import { type BoundService, bindService, type CallContext, type Emit, type Identity } from "@starling/node-kit";
import { limits, parseTaskId } from "@starling/protocol";
import { type Task, TaskServiceDefinition, type WatchTaskResponse } from "@starling/protocol/rpc";
import { type CoordinatorState, listTasks, type TaskState, taskView } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { taskMessage } from "./messages.ts";
import { ownJob, pageSize, refusal } from "./refuse.ts";

const OVER: ReadonlySet<string> = new Set(["final", "disputed", "nondeterministic", "poison", "cancelled"]);

/** The service over one engine. */
export function taskService(deps: ApiDeps): BoundService {
  return bindService(
    TaskServiceDefinition,
    {
      getTask: async ({ taskId }, { identity }) => ({
        task: await deps.engine.readSettled((state) => ownTask(state, taskId, identity)),
      }),
      listTasks: async (request, { identity }) => {
        const limit = pageSize(request.pageSize, { most: limits.pageRows, usual: limits.pageRowsDefault });
        return await deps.engine.readSettled((state) => {
          const { jobId } = ownJob(state, request.jobId, identity);
          const page = listTasks(state, {
            jobId,
            limit,
            ...(request.states.length === 0 ? {} : { states: request.states as TaskState[] }),
            ...(request.pageToken === "" ? {} : { cursor: request.pageToken }),
          });
          return {
            tasks: (page?.items ?? []).map((task) => taskMessage(state, task)),
            nextPageToken: page?.nextCursor ?? "",
          };
        });
      },
      watchTask: ({ taskId }, emit, context) => watch(deps, taskId, { emit, context }),
    },
    { getTask: "known", listTasks: "known", watchTask: "known" },
  );
}

function ownTask(state: CoordinatorState, taskId: string, identity: Identity): Task {
  const place = parseTaskId(taskId);
  if (place === null) throw refusal("taskNotFound", `"${taskId}" is not a task id: it is JOB/STEP/INDEX`);
  ownJob(state, place.jobId, identity);
  const view = taskView(state, taskId);
  if (view === null) throw refusal("taskNotFound", `there is no task ${taskId}`);
  return taskMessage(state, view);
}

// The task after every batch of facts that changed it.
async function watch(
  { engine, events }: ApiDeps,
  taskId: string,
  { emit, context }: { readonly emit: Emit<WatchTaskResponse>; readonly context: CallContext },
): Promise<void> {
  let last = "";
  for (;;) {
    const seq = events.lastSeq;
    const task = await engine.readSettled((state) => ownTask(state, taskId, context.identity));
    const seen = [
      task.state,
      task.attempts,
      ...task.leases.map((lease) => `${lease.state}${lease.verdict}${lease.done}`),
    ].join();
    if (seen !== last) await emit({ task });
    last = seen;
    if (OVER.has(task.state)) return;
    if (events.lastSeq === seq) await events.more(context.signal);
  }
}
