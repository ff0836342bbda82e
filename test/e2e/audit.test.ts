// The audit of a real network: silent while chain, coordinator and receipts agree, and exact about each lie that any of them tells.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type NetworkFile, parseNetworkFile } from "@starling/protocol";
import type { GetBooksResponse } from "@starling/protocol/rpc";
import {
  type AuditDifference,
  auditEscrows,
  type ChainNode,
  chainNode,
  fetchReceipt,
  receiptIn,
  type StarlingClient,
} from "@starling/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topicOf } from "../../packages/sdk/src/audit/chain-words.ts";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import { deadline } from "../harness/deadline.ts";
import { writeJob } from "../harness/job-files.ts";
import type { Ran } from "../harness/processes.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

/** Between two looks at the books, whose blocks take a second. */
const lookMs = 200;

describe("starling settle audit", () => {
  let net: TestDevnet;
  let folder: string;
  let network: NetworkFile;
  let node: ChainNode;
  let jobId: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "starling-audit-"));
    net = await TestDevnet.start({ workers: 4, cast: "worker-2=liar" });
    const parsed = parseNetworkFile(readFileSync(net.devnet.places.networkFile, "utf8"));
    if (!parsed.ok) throw new Error(parsed.problem);
    network = parsed.network;
    node = chainNode(network.rpcUrl ?? "");
    // Two jobs of one escrow.
    await net.settled((await net.submit(writeJob(folder, { name: "before" }))).jobId);
    ({ jobId } = await net.submit(writeJob(folder, { name: "audited", range: [0, 9] })));
    await net.settled(jobId);
  });
  afterAll(async () => {
    node.close();
    await net.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function audit(...more: string[]): Promise<Ran> {
    return net.starling(["settle", "audit", ...more]);
  }

  /** What an audit finds when one source is another. */
  async function found(by: { client?: StarlingClient; node?: ChainNode }): Promise<readonly AuditDifference[]> {
    const audits = await auditEscrows({ client: net.client, node, network, ...by }, null, {
      signal: deadline("audit"),
    });
    return audits.flatMap(({ differences }) => differences);
  }

  /** The coordinator, but for one answer of its. */
  function lying(change: (piece: GetBooksResponse) => GetBooksResponse): StarlingClient {
    const { ledger } = net.client;
    async function* getBooks(...asked: Parameters<typeof ledger.getBooks>): AsyncIterable<GetBooksResponse> {
      for await (const piece of ledger.getBooks(...asked)) yield change(piece);
    }
    return { ...net.client, ledger: { ...ledger, getBooks } };
  }

  it("finds no difference in any escrow, and shows people and programs the same figures", async () => {
    const ran = await audit();
    expect(ran, ran.stdout).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/1 escrow: chain, coordinator and receipts agree to the last unit/);
    expect(ran.stdout).toMatch(/put in +\d+\.\d+ USD +\d+\.\d+ USD/);
    const { stdout } = await audit("--job", jobId, "--json");
    const { ok, escrows } = JSON.parse(stdout) as { ok: boolean; escrows: Figures[] };
    expect(ok).toBe(true);
    const [{ workers, earned, paid }] = escrows as [Figures];
    expect(earned.receipts).toBeGreaterThan(0);
    expect(earned).toEqual({ receipts: earned.receipts, coordinator: earned.receipts });
    expect(paid).toEqual({ chain: earned.receipts, coordinator: earned.receipts });
    expect(workers.every((one) => one.paidOnChain === one.earnedByReceipts && (one.vouched ?? 0) === one.earned)).toBe(
      true,
    );
  });

  it("holds a worker's own vouchers against the coordinator", async () => {
    const files = net.devnet.ground.members
      .filter(({ name }) => name === "worker-1" || name === "worker-3")
      .map(({ name }) => join(daemonPlaces(net.devnet.places, name).dataDir, "vouchers.json"));
    expect(await audit("--vouchers", ...files)).toMatchObject({ code: 0 });
    const [file = ""] = files;
    const changed = join(folder, "vouchers.json");
    writeFileSync(changed, readFileSync(file, "utf8").replace(/"cumulative":\s*"(\d+)"/, '"cumulative":"9$1"'));
    const ran = await audit("--vouchers", changed);
    expect(ran).toMatchObject({ code: 64 });
    expect(ran.stderr).toMatch(/no coordinator of this network signed the voucher/);
  });

  it("names a worker's pay that the coordinator lies about, and nothing else", async () => {
    let cheated = "";
    const client = lying((piece) => {
      const workers = piece.ledger?.workers ?? [];
      const [victim] = workers.filter(({ paid }) => paid !== "0");
      if (piece.ledger === undefined || victim === undefined) return piece;
      cheated = victim.worker;
      const told = workers.map((one) => (one === victim ? { ...one, paid: String(BigInt(one.paid) + 7n) } : one));
      return { ...piece, ledger: { ...piece.ledger, workers: told } };
    });
    expect(await found({ client })).toEqual([
      expect.objectContaining({
        matter: "paid",
        subject: cheated,
        amount: 7n,
        reason: expect.stringContaining("still owed"),
      }),
    ]);
  });

  it("names pay that the coordinator keeps quiet about in its leases", async () => {
    const client = lying((piece) => ({ ...piece, earnings: piece.earnings.filter((one) => one.jobId !== jobId) }));
    const differences = await found({ client });
    const denied = differences.filter(({ sides: [, side], jobId: of }) => of === jobId && side?.source === "receipts");
    expect(denied.length).toBeGreaterThan(1);
    for (const { amount, reason } of denied) {
      expect(amount).toBeLessThan(0n);
      expect(reason).toMatch(/denies pay/);
    }
  });

  it("names every payment of a job whose receipt is missing, until somebody brings the receipt along", async () => {
    const receipt = await fetchReceipt(net.client, jobId);
    const paid =
      receiptIn(receipt)
        ?.tasks.flatMap(({ answers }) => answers)
        .filter((one) => one.paid > 0n) ?? [];
    async function* getReceipt(
      ...asked: Parameters<typeof net.client.jobs.getReceipt>
    ): ReturnType<typeof net.client.jobs.getReceipt> {
      if (asked[0].jobId !== jobId) yield* net.client.jobs.getReceipt(...asked);
    }
    const client = { ...net.client, jobs: { ...net.client.jobs, getReceipt } };
    const differences = await found({ client });
    const workers = new Set(paid.map(({ worker }) => worker));
    const missing = differences.filter(({ matter }) => matter === "earned");
    expect(new Set(missing.map(({ subject }) => subject))).toEqual(workers);
    expect(missing.reduce((sum, { amount }) => sum + amount, 0n)).toBe(paid.reduce((sum, one) => sum + one.paid, 0n));
    expect(missing.every(({ reason }) => reason.includes("no receipt"))).toBe(true);
    const kept = [receiptIn(receipt)].filter((one) => one !== null);
    const audits = await auditEscrows({ client, node, network, receipts: kept }, null);
    expect(audits.flatMap((one) => one.differences)).toEqual([]);
  });

  it("names a receipt that was changed, and takes kept ones from a folder", async () => {
    const text = await fetchReceipt(net.client, jobId);
    const kept = join(folder, "kept", "one");
    mkdirSync(kept, { recursive: true });
    writeFileSync(join(kept, "receipt.json"), text);
    expect(await audit("--receipts", join(folder, "kept"))).toMatchObject({ code: 0 });
    async function* getReceipt(
      ...asked: Parameters<typeof net.client.jobs.getReceipt>
    ): ReturnType<typeof net.client.jobs.getReceipt> {
      if (asked[0].jobId !== jobId) yield* net.client.jobs.getReceipt(...asked);
      else yield { piece: Buffer.from(text.replace(/"paid":"(\d+)"/, '"paid":"1$1"')) };
    }
    const differences = await found({ client: { ...net.client, jobs: { ...net.client.jobs, getReceipt } } });
    expect(differences).toContainEqual(
      expect.objectContaining({ matter: "receipt", reason: expect.stringMatching(/seal/) }),
    );
    expect(differences).toContainEqual(expect.objectContaining({ matter: "earned", jobId }));
  });

  it("names what a node of the chain hides, by the contract's own accounts", async () => {
    const blind: ChainNode = {
      close: () => undefined,
      request: async (method, params) => {
        const answer = await node.request(method, params);
        if (method !== "eth_getLogs" || !Array.isArray(answer)) return answer;
        const payments = answer.filter((log: { topics: string[] }) => log.topics[0] === topicOf("Paid"));
        return answer.filter((log) => log !== payments.at(-1));
      },
    };
    const differences = await found({ node: blind });
    expect(differences).toContainEqual(
      expect.objectContaining({ matter: "paid", reason: expect.stringContaining("leaves out events") }),
    );
  });

  it("agrees about an escrow that was closed and refunded, and exits with 4 where the coordinator is another's", async () => {
    expect(await net.starling(["settle", "close", "--job", jobId])).toMatchObject({ code: 0 });
    const signal = deadline("the escrow closes", 60_000);
    const isClosed = async (): Promise<boolean> =>
      (await net.client.ledger.getLedger({ of: { $case: "jobId", value: jobId } }, { signal })).state === "closed";
    while (!(await isClosed())) await delay(lookMs, undefined, { signal });
    const ran = await audit();
    expect(ran, ran.stdout).toMatchObject({ code: 0 });
    const { escrows } = JSON.parse((await audit("--json")).stdout) as { escrows: Figures[] };
    const [{ state, deposited, refunded, paid }] = escrows as [Figures];
    expect(state).toBe("closed");
    expect(refunded.chain).toBe((deposited.chain ?? 0) - (paid.chain ?? 0));
    const stranger = { ...network, coordinators: [{ ...network.coordinators[0], address: `0x${"12".repeat(20)}` }] };
    const file = join(folder, "stranger.json");
    writeFileSync(file, JSON.stringify(stranger));
    const foreign = await audit("--job", jobId, "--trust", file);
    expect(foreign).toMatchObject({ code: 4 });
    expect(foreign.stdout).toMatch(/DIFFERENCE +voucher of 0x/);
    expect(foreign.stdout).toMatch(/DIFFERENCE +receipt of 0x[\s\S]*does not hold, network/);
  });
});

interface Figures {
  readonly state: string;
  readonly deposited: { readonly chain: number | null };
  readonly refunded: { readonly chain: number | null };
  readonly earned: { readonly receipts: number; readonly coordinator: number };
  readonly paid: { readonly chain: number | null; readonly coordinator: number | null };
  readonly workers: readonly {
    earnedByReceipts: number;
    earned: number;
    vouched: number | null;
    paidOnChain: number;
  }[];
}
