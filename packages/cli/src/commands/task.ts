// `starling task`: the tasks of a job and their attempts.
import { parseTaskId } from "@starling/protocol";
import type { Task } from "@starling/protocol/rpc";
import { resolveJobId, type StarlingClient, StarlingError } from "@starling/sdk";
import type { Command } from "commander";
import { formatListing, formatOne, toJson } from "../output/format.ts";
import { shortTaskId, taskColumns, taskLines } from "../output/task.ts";
import { type Action, command, statesOf } from "./command.ts";

const taskStates = [
  "queued",
  "collecting",
  "accepted",
  "final",
  "disputed",
  "nondeterministic",
  "poison",
  "cancelled",
] as const;

export function addTaskCommands(program: Command): void {
  const task = program.command("task").description("Look at the tasks of a job");
  command(task, "list", { description: "List the tasks of a job", run: list })
    .requiredOption("--job <id>", "the job")
    .option("-s, --state <state...>", "only tasks in these states");
  command(task, "describe <id>", { description: "Show a task and its attempts", run: describe });
  command(task, "watch <id>", { description: "Print a task after every change", run: watch });
}

const list: Action = async (context, _args, options) => {
  const states = statesOf(options.state, taskStates);
  const tasks = await context.withClient(async (client) => {
    const jobId = await resolveJobId(client, String(options.job));
    const rows: Task[] = [];
    let pageToken = "";
    do {
      const page = await client.tasks.listTasks({ jobId, pageSize: 500, pageToken, states });
      rows.push(...page.tasks);
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    return rows;
  });
  context.print(formatListing({ rows: tasks, columns: taskColumns, name: (task) => task.taskId }, context.format));
};

const describe: Action = async (context, [id]) => {
  const task = await context.withClient(async (client) => {
    const { task: found } = await client.tasks.getTask({ taskId: await fullTaskId(client, id ?? "") });
    if (found === undefined) throw new StarlingError("taskNotFound", `there is no task ${id}`);
    return found;
  });
  context.print(formatOne(task, { lines: taskLines(task), name: task.taskId }, context.format));
};

const watch: Action = async (context, [id]) => {
  await context.withClient(async (client) => {
    for await (const { task } of client.tasks.watchTask({ taskId: await fullTaskId(client, id ?? "") })) {
      if (task === undefined) continue;
      context.print(
        context.isForPeople
          ? `${shortTaskId(task.taskId)} ${task.state}, ${task.attempts} attempts\n`
          : `${toJson(task)}\n`,
      );
    }
  });
};

// `<job prefix>/<step>/<index>` as the list prints it.
async function fullTaskId(client: StarlingClient, text: string): Promise<string> {
  if (parseTaskId(text) !== null) return text;
  const [job, step, index] = text.split("/");
  if (job === undefined || step === undefined || index === undefined || !/^\d+$/.test(index)) {
    throw new StarlingError(
      "invalidArgument",
      `"${text}" is not a task id: it is JOB/STEP/INDEX, as \`starling task list --job JOB\` shows it`,
    );
  }
  return `${await resolveJobId(client, job)}/${step}/${index}`;
}
