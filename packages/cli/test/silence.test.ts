// What a silent job waits for is said on standard error, and a chain that does not answer once.
import type { ExplainJobResponse } from "@starling/protocol/rpc";
import type { StarlingClient } from "@starling/sdk";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Silence } from "../src/commands/silence.ts";

type Waiting = ExplainJobResponse["waiting"][number];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function waits(code: string, sinceMs: bigint): Waiting {
  return { code, message: `${code} is why`, count: 1, sinceMs, untilMs: 0n, change: "time" };
}

/** A silence over a coordinator that gives whatever `waiting` holds. */
function listen(): { readonly silence: Silence; readonly said: string[]; waiting: Waiting[] } {
  const said: string[] = [];
  const of = { said, waiting: [] as Waiting[] };
  const client = { jobs: { explainJob: async () => ({ waiting: of.waiting }) } } as unknown as StarlingClient;
  return Object.assign(of, { silence: new Silence({ say: (line) => said.push(line) }, client, "0x12") });
}

it("names a dead chain once, however often something else is heard, and again when it goes away again", async () => {
  const of = listen();
  const chain = waits("chainUnreachable", 7n);
  of.waiting = [chain, waits("noWorker", 9n)];
  await vi.advanceTimersByTimeAsync(20_000);
  expect(of.said).toEqual(["  waits: chainUnreachable is why; what would change it: time"]);
  of.silence.heard();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(of.said).toHaveLength(1);
  of.waiting = [{ ...chain, sinceMs: 8n }];
  of.silence.heard();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(of.said).toHaveLength(2);
  of.silence.end();
});

it("says anything else again after something was heard, and nothing after the end", async () => {
  const of = listen();
  of.waiting = [waits("noWorker", 9n)];
  await vi.advanceTimersByTimeAsync(20_000);
  of.silence.heard();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(of.said).toEqual(Array(2).fill("  waits: noWorker is why; what would change it: time"));
  of.silence.end();
  of.waiting = [waits("escrowUnconfirmed", 9n)];
  await vi.advanceTimersByTimeAsync(20_000);
  expect(of.said).toHaveLength(2);
});
