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

async function run(directory: string, deposits: number, failpoints = ""): Promise<Ended> {
  const child = spawn(process.execPath, [PROCESS, directory, String(deposits)], {
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

describe("a process killed with SIGKILL", () => {
  const names = failpointNames.map((name) => name.replace("*", "announce"));

  it.each(names)("at %s loses nothing that it acknowledged, and performs what it owes", async (name) => {
    const directory = temporaryDirectory();
    // The snapshot's failpoint is hit less often than the others.
    const hit = name.includes("napshot") || name.includes("Recovery") ? 1 : 5;
    const first = await run(directory, 60, `${name}=kill@${hit}`);
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
      const killed = await run(directory, 80, `engine.afterAppend=kill@${hit},effect.announce.before=kill@${3 * hit}`);
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
