// A chain that does not answer is named, first of all, to whoever asks what a job waits for or how the books stand.
import type { CallContext } from "@starling/node-kit";
import type { GetLedgerRequest, GetLedgerResponse } from "@starling/protocol/rpc";
import { expect, test } from "vitest";
import type { ApiDeps } from "../../src/shell/api/deps.ts";
import { explain } from "../../src/shell/api/explain.ts";
import { ledgerService } from "../../src/shell/api/ledger-service.ts";
import { ChainHealth } from "../../src/shell/chain-health.ts";
import { submission } from "../core/world/fixtures.ts";
import { World } from "../core/world/world.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 5);
const context = { identity: { kind: "local" }, signal: new AbortController().signal } as unknown as CallContext;

/** A world with one job, served over a chain that has this health. */
function served(chainHealth: ChainHealth): { readonly world: World; readonly jobId: string; readonly deps: ApiDeps } {
  const world = new World();
  for (const name of ["a", "b", "c"]) world.join(name);
  const job = submission();
  world.submit(job);
  const engine = { readSettled: async (read: (state: World["state"]) => unknown) => read(world.state) };
  return { world, jobId: job.jobId, deps: { engine, chainHealth } as unknown as ApiDeps };
}

test("health remembers since when, and forgets it when the node answers", () => {
  const health = new ChainHealth("wss://user:word@chain.example:8546/v3/key");
  expect(health.silence).toBeNull();
  health.tell(false, at);
  health.tell(false, at + 5_000);
  // Credentials and paths of a provider's URL are nobody's business.
  expect(health.silence).toEqual({ since: at, node: "chain.example:8546" });
  health.tell(true, at + 9_000);
  expect(health.silence).toBeNull();
});

test("a job that waits names the silent chain before everything else", async () => {
  const health = new ChainHealth("ws://127.0.0.1:8545");
  const { deps, jobId } = served(health);
  const before = await explain(deps, jobId, context);
  expect(before.waiting.map(({ code }) => code)).toEqual(["escrowUnconfirmed"]);
  health.tell(false, at);
  const { waiting } = await explain(deps, jobId, context);
  expect(waiting.map(({ code }) => code)).toEqual(["chainUnreachable", "escrowUnconfirmed"]);
  expect(waiting[0]).toMatchObject({ sinceMs: BigInt(at), change: expect.stringContaining("answers again") });
  expect(waiting[0]?.message).toMatch(/127\.0\.0\.1:8545 has not answered since 2026-01-02T03:04:05/);
});

test("a job that is over waits for no chain", async () => {
  const health = new ChainHealth("ws://127.0.0.1:8545");
  const { world, deps, jobId } = served(health);
  world.settle();
  health.tell(false, at);
  const { job, waiting } = await explain(deps, jobId, context);
  expect(job).toMatchObject({ state: "completed" });
  expect(waiting).toEqual([]);
});

test("the books say since when they can't be compared with the chain", async () => {
  const health = new ChainHealth("ws://127.0.0.1:8545");
  const { deps, jobId } = served(health);
  const { handlers } = ledgerService(deps);
  const getLedger = handlers.getLedger as (
    request: GetLedgerRequest,
    context: CallContext,
  ) => Promise<GetLedgerResponse>;
  const request: GetLedgerRequest = { of: { $case: "jobId", value: jobId } };
  expect((await getLedger(request, context)).chainSilentSinceMs).toBeUndefined();
  health.tell(false, at);
  expect((await getLedger(request, context)).chainSilentSinceMs).toBe(BigInt(at));
});
