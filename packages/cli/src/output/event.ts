// What happens to a job, one line for each thing.
import type { WatchJobResponse } from "@starling/protocol/rpc";
import { progressOf } from "./job.ts";
import { money } from "./words.ts";

/** One line for people, or null for what only programs need. */
export function eventLine({ event, atMs }: WatchJobResponse): string | null {
  const time = new Date(Number(atMs)).toISOString().slice(11, 23);
  switch (event?.$case) {
    case "job":
      return `${time} job ${event.value.state}, ${progressOf(event.value)} tasks done, ${money(event.value.spent)} earned`;
    case "task":
      return `${time} task ${event.value.step}/${event.value.index} ${event.value.state}${event.value.reason?.message ? `: ${event.value.reason.message}` : ""}`;
    case "mismatch":
      return `${time} replicas of task ${placeOf(event.value.taskId)} disagree; ${event.value.resolver === "referee" ? "the referee rules" : "fresh replicas decide"}`;
    case "payment":
      return `${time} payment to ${event.value.worker} ${event.value.state}: ${money(event.value.cumulative)} in all`;
    case "resync":
      return `${time} (too much happened at once: starting over from the present state)`;
    case "end":
      return event.value.job === undefined ? null : `${time} the end: ${event.value.job.state}`;
    default:
      return null;
  }
}

// The job is known to whoever watches it.
function placeOf(taskId: string): string {
  return taskId.split("/").slice(1).join("/");
}
