// The coordinator is gone for good: its workers redeem their vouchers by themselves, also one that is killed meanwhile.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mineEvery, mineOnDemand, passTime } from "@starling/node-kit";
import { followJob } from "@starling/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { daemonPlaces } from "../../scripts/devnet/places.ts";
import { deadline } from "../harness/deadline.ts";
import { heldVouchers, promised } from "../harness/held-vouchers.ts";
import { writeJob } from "../harness/job-files.ts";
import { logSays } from "../harness/log-lines.ts";
import { TestDevnet } from "../harness/test-devnet.ts";

let net: TestDevnet;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "starling-redeem-"));
  net = await TestDevnet.start({ workers: 3, referee: false });
});
afterAll(async () => {
  await net.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a job half-way, and then there are neither blocks nor a coordinator any more. */
async function vanish(): Promise<void> {
  const more = ['budget: { max: "9 USD", perTask: "0.01 USD" }'];
  const { jobId } = await net.submit(writeJob(folder, { name: "vanished", range: [0, 59], more }));
  let accepted = 0;
  for await (const { event } of followJob(net.client, jobId, { signal: deadline("the thirtieth result") })) {
    if (event?.$case === "task" && event.value.state === "accepted") accepted += 1;
    if (accepted === 30) break;
  }
  // Without blocks no pay is mined; what was sent is lost with its sender.
  await mineOnDemand(net.rpc);
  await net.ended(jobId);
  await net.devnet.daemon("coordinator").kill();
  await net.rpc.request("anvil_dropAllTransactions", []);
}

it("every worker gets what its voucher says, with one kill between, and pays for gas once", async () => {
  await vanish();
  const owed = await Promise.all(
    heldVouchers(net).map(async (one) => {
      const all = promised(one);
      return { ...one, all, owed: all - (await net.queries.tokenBalance(one.worker)) };
    }),
  );
  expect(owed.filter((one) => one.owed > 0n).length).toBeGreaterThan(0);
  // A worker dies with what it has been promised, and is back when its time comes.
  const [first] = owed.filter((one) => one.owed > 0n);
  await net.devnet.daemon(first?.name ?? "").kill();
  net.devnet.restart(first?.name ?? "");
  await mineEvery(net.rpc, 1);
  // Allotments end minutes after they were given: until then the coordinator could have come back.
  await passTime(net.rpc, 15 * 60);
  for (const { name, worker, log, all, owed: due } of owed) {
    if (due > 0n) await logSays(log, `${name} redeems`, (line) => line.message === "transactionFinal");
    expect(await net.queries.tokenBalance(worker)).toBe(all);
    // One transaction for the one escrow, and none for who was paid.
    const sent = await net.rpc.request("eth_getTransactionCount", [worker, "latest"]);
    expect(sent, `transactions of ${name}`).toBe(due > 0n ? "0x1" : "0x0");
  }
});

it("says what is left to be done, without the daemon too", async () => {
  const [first] = heldVouchers(net);
  const dataDir = daemonPlaces(net.devnet.places, first?.name ?? "").dataDir;
  const { networkFile } = net.devnet.places;
  const ran = await net.starling(["worker", "status", "--data-dir", dataDir, "--network", networkFile]);
  expect(ran, ran.stderr).toMatchObject({ code: 0 });
  const { vouchers } = JSON.parse(ran.stdout) as { readonly vouchers: readonly Record<string, string>[] };
  // What the chain says of the last block may not be written down yet.
  expect(vouchers).toMatchObject([{ message: expect.stringMatching(/^(paid in full|a redemption is under way)$/) }]);
});
