// What is asked of a running devnet from outside: a file with the question, and one with the answer, in a folder that only its owner can enter.
import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, watch, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Places } from "./places.ts";

/** Start or stop one daemon. */
export interface DevnetRequest {
  readonly verb: "start" | "stop";
  readonly name: string;
}

/** How it went, in words for people. */
export interface DevnetAnswer {
  readonly ok: boolean;
  readonly message: string;
}

const question = ".ask.json";
const reply = ".answer.json";

/** Answers questions until the function that it gives is called. */
export function answerRequests(
  { requestsFolder }: Places,
  answer: (request: DevnetRequest) => Promise<DevnetAnswer>,
): () => void {
  mkdirSync(requestsFolder, { recursive: true, mode: 0o700 });
  const taken = new Set<string>();
  const look = (): void => {
    for (const name of readdirSync(requestsFolder)) {
      if (!name.endsWith(question) || taken.has(name)) continue;
      taken.add(name);
      const path = join(requestsFolder, name);
      void answered(path, answer).then((given) => {
        rmSync(path, { force: true });
        // Who asked may have gone with the whole folder.
        if (existsSync(requestsFolder)) writeWhole(path.slice(0, -question.length) + reply, given);
      });
    }
  };
  const watcher = watch(requestsFolder, look);
  look();
  return () => watcher.close();
}

async function answered(
  path: string,
  answer: (request: DevnetRequest) => Promise<DevnetAnswer>,
): Promise<DevnetAnswer> {
  try {
    return await answer(JSON.parse(readFileSync(path, "utf8")) as DevnetRequest);
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** Asks a running devnet and waits for its answer. Rejects with the signal's reason. */
export async function askDevnet(
  { requestsFolder }: Places,
  request: DevnetRequest,
  signal: AbortSignal,
): Promise<DevnetAnswer> {
  signal.throwIfAborted();
  const path = join(requestsFolder, randomUUID());
  writeWhole(path + question, request);
  return await new Promise<DevnetAnswer>((resolve, reject) => {
    const end = (): void => {
      watcher.close();
      signal.removeEventListener("abort", aborted);
    };
    const look = (): void => {
      if (!existsSync(path + reply)) return;
      end();
      const answer = JSON.parse(readFileSync(path + reply, "utf8")) as DevnetAnswer;
      rmSync(path + reply, { force: true });
      resolve(answer);
    };
    const aborted = (): void => {
      end();
      rmSync(path + question, { force: true });
      reject(signal.reason);
    };
    const watcher = watch(requestsFolder, look);
    signal.addEventListener("abort", aborted);
    look();
  });
}

// A reader never sees half of it.
function writeWhole(path: string, value: DevnetRequest | DevnetAnswer): void {
  writeFileSync(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
