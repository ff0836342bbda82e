// What a submission signs: its own money only where the payer's escrow does not carry it.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Hash, lotteryRootFrom, trustTerms } from "@starling/protocol";
import type { GetQuoteResponse, SubmitJobRequest } from "@starling/protocol/rpc";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { payerOf, prepareJob, StarlingError, submitJob } from "../src/index.ts";
import { clientOf } from "./fake-client.ts";

const nowMs = 1_800_000_000_000;
const address = `0x${"11".repeat(20)}`;
const payer = payerOf(new Uint8Array(32).fill(7));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "starling-sdk-"));
  await writeFile(join(folder, "program.wasm"), "\0asm\u0001\0\0\0");
  await writeFile(
    join(folder, "job.yaml"),
    'version: 1\nrun: {wasm: ./program.wasm}\nbudget: {max: "1 USD"}\ndeadline: 10m\n',
  );
});
afterEach(async () => await rm(folder, { recursive: true }));

interface Terms {
  readonly available: string;
  /** How long the payer's escrow lasts. */
  readonly lastsMs: number;
  readonly balance?: string;
}

function quoteOf({ available, lastsMs, balance = "5000000" }: Terms): GetQuoteResponse {
  return {
    networkId: "test",
    coordinator: address,
    coordinatorPeerId: "",
    chainId: 1n,
    contracts: { token: address, stakeRegistry: address, jobEscrow: address, court: address },
    tokenName: "Mock",
    tokenVersion: "1",
    permitNonce: "0",
    balance,
    escrow: { escrowId: "", available, deadlineSeconds: BigInt((nowMs + lastsMs) / 1_000) },
    nowMs: BigInt(nowMs),
  };
}

/** Submits under the terms; the requests that arrived, of which the first may be refused with a code. */
async function requestsUnder(terms: Terms, refusal?: string): Promise<readonly SubmitJobRequest[]> {
  const prepared = await prepareJob(join(folder, "job.yaml"), async () => 0);
  const requests: SubmitJobRequest[] = [];
  const client = clientOf({
    getQuote: async () => quoteOf(terms),
    submitJob: async (request) => {
      requests.push(request);
      if (requests.length === 1 && refusal !== undefined) throw new StarlingError(refusal, "refused");
      return { jobId: request.order?.salt ?? "", created: true, escrowId: "" };
    },
  });
  await submitJob(client, { prepared, payer }, { idempotencyKey: "key" });
  return requests;
}

const hourMs = 3_600_000;

describe("submitJob", () => {
  it("signs no permit when the escrow holds the budget for as long as the job may run", async () => {
    const [request] = await requestsUnder({ available: "1000000", lastsMs: hourMs });
    expect(request?.permit).toBeUndefined();
  });

  it("binds the payer to the tickets of his lottery, their number and the rate of his spec", async () => {
    const [request] = await requestsUnder({ available: "1000000", lastsMs: hourMs });
    const secret = (request?.lotterySecret ?? "") as Hash;
    const { auditPpm } = trustTerms("quorum");
    expect(request?.order?.lotteryRoot).toBe(lotteryRootFrom(secret, { tasks: 1, auditPpm }));
  });

  it("signs a permit for what the escrow does not hold", async () => {
    const [request] = await requestsUnder({ available: "999999", lastsMs: hourMs });
    expect(request?.permit?.value).toBe("1000000");
  });

  it("signs a permit when the escrow ends before the job may", async () => {
    const [request] = await requestsUnder({ available: "9000000", lastsMs: 5 * 60_000 });
    expect(request?.permit?.value).toBe("1000000");
  });

  it("makes do with an escrow that ends early when the payer has nothing else", async () => {
    const [request] = await requestsUnder({ available: "1000000", lastsMs: 5 * 60_000, balance: "0" });
    expect(request?.permit).toBeUndefined();
  });

  it("brings its own money when another job took the escrow's", async () => {
    const requests = await requestsUnder({ available: "1000000", lastsMs: hourMs }, "escrowUnfunded");
    expect(requests.map((request) => request.permit?.value)).toEqual([undefined, "1000000"]);
    expect(new Set(requests.map((request) => request.idempotencyKey)).size).toBe(1);
  });

  it("does not repeat what is refused for another reason", async () => {
    await expect(requestsUnder({ available: "1000000", lastsMs: hourMs }, "overloaded")).rejects.toThrow("refused");
  });

  it("says what is missing", async () => {
    await expect(requestsUnder({ available: "0", lastsMs: hourMs, balance: "10" })).rejects.toThrow(
      /holds 0\.00001 USD, the job's budget is 1\.00 USD/,
    );
  });
});
