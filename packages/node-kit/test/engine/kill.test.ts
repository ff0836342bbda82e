// Real processes on a real Level journal, killed with SIGKILL at every failpoint in turn.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { failpointNames } from "../../src/failpoints.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const PROCESS = fileURLToPath(new URL("./mortal-process.ts", import.meta.url));

interface Ended {
  readonly signal: string | null;
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

interface RunOptions {
  readonly failpoints?: string;
  readonly ending?: "stop" | "fail";
}

async function run(directory: string, deposits: number, options: RunOptions = {}): Promise<Ended> {
  const { failpoints = "", ending = "stop" } = options;
  const child = spawn(process.execPath, [PROCESS, directory, String(deposits), ending], {
    env: { ...process.env, STARLING_TEST_MODE: "1", STARLING_FAILPOINTS: failpoints },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (errors += data.toString()));
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  return { signal, code, errors, lines: output.split("\n").filter((line) => line !== "") };
}

// The second word of each line with this first word.
const numbers = (lines: readonly string[], word: string): number[] =>
  lines.filter((line) => line.startsWith(`${word} `)).map((line) => Number(line.split(" ")[1]));

describe("a process", () => {
  it("whose core throws exits with a code of its own, and the next one starts from the last whole turn", async () => {
    const directory = temporaryDirectory();
    const failed = await run(directory, 8, { ending: "fail" });
    expect([failed.code, failed.signal], failed.errors).toEqual([70, null]);
    const next = await run(directory, 0);
    expect([next.code, numbers(next.lines, "started")], next.errors).toEqual([0, [8]]);
  });

  it("is the only one on its journal; another one says who is in its way and does no harm", async () => {
    const directory = temporaryDirectory();
    const holder = spawn(process.execPath, [PROCESS, directory, "4", "hold"], { stdio: ["pipe", "pipe", "pipe"] });
    const ended = once(holder, "close");
    await new Promise<void>((resolve) => {
      holder.stdout.on("data", (data: Buffer) => {
        if (data.toString().includes("acknowledged 4")) resolve();
      });
    });
    const intruder = await run(directory, 4);
    expect(intruder.code).not.toBe(0);
    expect(intruder.errors).toContain(`is in use by process ${holder.pid}. Stop it first`);
    holder.stdin.end();
    expect(await ended).toEqual([0, null]);
    expect(numbers((await run(directory, 0)).lines, "started")).toEqual([4]);
  });
});

describe("a process killed with SIGKILL", () => {
  const names = failpointNames.map((name) => name.replace("*", "announce"));

  it.each(names)("at %s loses nothing that it acknowledged, and performs what it owes", async (name) => {
    const directory = temporaryDirectory();
    // The snapshot's failpoint is hit less often than the others.
    const hit = name.includes("napshot") || name.includes("Recovery") ? 1 : 5;
    const first = await run(directory, 60, { failpoints: `${name}=kill@${hit}` });
    expect([first.signal, first.code], first.errors).toEqual(["SIGKILL", null]);
    const acknowledged = Math.max(0, ...numbers(first.lines, "acknowledged"));
    const second = await run(directory, 0);
    expect([second.signal, second.code], second.errors).toEqual([null, 0]);
    const [recovered = -1] = numbers(second.lines, "started");
    expect(recovered).toBeGreaterThanOrEqual(acknowledged);
    // What the world saw was durable, and together both lives announced every transfer.
    const announced = new Set([...numbers(first.lines, "performed"), ...numbers(second.lines, "performed")]);
    expect(Math.max(0, ...numbers(first.lines, "performed"))).toBeLessThanOrEqual(recovered);
    expect(announced.size).toBe(recovered);
  });

  it("at a random moment of its own loses nothing either", async () => {
    const directory = temporaryDirectory();
    let acknowledged = 0;
    for (const hit of [3, 11, 7]) {
      const killed = await run(directory, 80, {
        failpoints: `engine.afterAppend=kill@${hit},effect.announce.before=kill@${3 * hit}`,
      });
      expect(killed.signal, killed.errors).toBe("SIGKILL");
      expect(numbers(killed.lines, "started")[0]).toBeGreaterThanOrEqual(acknowledged);
      acknowledged = Math.max(acknowledged, ...numbers(killed.lines, "acknowledged"));
    }
    const last = await run(directory, 0);
    expect(numbers(last.lines, "started")[0]).toBeGreaterThanOrEqual(acknowledged);
    // Each life, also each of the killed ones, had its own epoch.
    expect(last.lines.find((line) => line.startsWith("started"))?.split(" ")[2]).toBe("4");
  });
});
