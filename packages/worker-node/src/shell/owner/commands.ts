// The owner's commands for a worker that runs on this machine.
import { ConfigError } from "@starling/node-kit";
import { exitCode, parseDuration } from "@starling/protocol";
import { askControl, type ControlAnswer, type ControlRequest, NotRunningError } from "./control.ts";

/** Verbs that are asked of a running worker. */
export const ownerVerbs = ["pause", "resume", "drain", "reclaim"] as const;
export type OwnerVerb = (typeof ownerVerbs)[number];

/** Tasks of more than this are seldom worth waiting for when somebody wants his machine. */
const NOTICE_DEFAULT = "30s";

/** What is asked, and the arguments that are the daemon's own options. Throws `ConfigError` for a notice that is none. */
export function requestOf(
  verb: OwnerVerb,
  args: readonly string[],
): { readonly request: ControlRequest; readonly others: readonly string[] } {
  if (verb !== "reclaim") return { request: { verb }, others: args };
  const at = args.indexOf("--notice");
  const text = at < 0 ? NOTICE_DEFAULT : (args[at + 1] ?? "");
  const notice = text === "0" ? { ok: true as const, value: 0 } : parseDuration(text);
  if (!notice.ok) throw new ConfigError([`--notice: ${notice.problem}`], "usage");
  const others = at < 0 ? args : [...args.slice(0, at), ...args.slice(at + 2)];
  return { request: { verb, noticeMs: notice.value }, others };
}

/** Asks, prints each answer as a line of JSON, and resolves with the exit code once the worker has done it. */
export async function askWorker(folder: string, request: ControlRequest): Promise<number> {
  let last: ControlAnswer | null = null;
  const hear = (answer: ControlAnswer): void => {
    last = answer;
    if (answer.ok) process.stdout.write(`${JSON.stringify(answer.status)}\n`);
    else process.stderr.write(`error: ${answer.message}\n`);
  };
  await askControl(folder, request, hear);
  return (last as ControlAnswer | null)?.ok === true ? exitCode.ok : exitCode.failed;
}

/** What a running worker says of itself, or null where none runs. */
export async function runningStatus(folder: string): Promise<object | null> {
  let status: object | null = null;
  try {
    await askControl(folder, { verb: "status" }, (answer) => {
      if (answer.ok && typeof answer.status === "object") status = answer.status;
    });
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
  }
  return status;
}
