// What `job run` says of a task: its reason once, and again only when there is another one.
import type { Task, WatchJobResponse } from "@starling/protocol/rpc";
import type { StarlingClient } from "@starling/sdk";
import { expect, it } from "vitest";
import { RunProgress } from "../src/commands/run-progress.ts";
import type { Context } from "../src/context.ts";

function told(state: string, message: string): WatchJobResponse {
  const reason = message === "" ? undefined : { code: "x", message };
  const value = { taskId: "0x1/map/3", step: "map", index: 3, state, reason } as Task;
  return { resumeToken: "", atMs: 0n, event: { $case: "task", value } };
}

it("says a task's reason once, though the task keeps it through several states", () => {
  const said: string[] = [];
  const context = { say: (line: string) => said.push(line) } as unknown as Context;
  const progress = new RunProgress(context, {} as StarlingClient, "0x1");
  progress.tell(told("queued", "checked"));
  progress.tell(told("collecting", "checked"));
  progress.tell(told("accepted", ""));
  progress.tell(told("queued", "lost"));
  progress.tell(told("accepted", ""));
  progress.tell(told("queued", "lost"));
  progress.end();
  expect(said.map((line) => line.replace(/^\S+ /, ""))).toEqual([
    "task map/3 queued: checked",
    "task map/3 queued: lost",
    "task map/3 queued: lost",
  ]);
});
