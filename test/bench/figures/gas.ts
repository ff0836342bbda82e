// Gas from the committed snapshot of the contracts' tests: what a job, a worker and a task cost on chain.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Figure } from "../figure.ts";
import { whole } from "../support/statistics.ts";

const folder = resolve(import.meta.dirname, "../../../contracts/snapshots");

/** Reads them; a row that is gone from the snapshot is an error and no blank. */
export function measure(): Promise<readonly Figure[]> {
  const gas = snapshot("JobEscrow");
  const allot = gas("allot, workers: 100") / 100;
  const pay = gas("payBatch, workers: 100") / 100;
  const job = gas("job, fixed part: create, one commit, close");
  const small = gas("job, per task: 1000 tasks, 100 workers");
  const large = gas("job, per task: 100000 tasks, 1000 workers");
  const huge = gas("job, per task: 1000000 tasks, 1000 workers");
  const how = "from the snapshot that the contracts' tests keep";
  return Promise.resolve([
    {
      name: "gas, a job",
      ours: `${whole(job)} gas`,
      how: `${how}: create by permit, one result root, close`,
      values: { gasPerJob: job, gasCreateWithBond: gas("createEscrowFor with permit and bond") },
    },
    {
      name: "gas, a worker",
      ours: `${whole(allot)} to allot, ${whole(pay)} to pay`,
      how: `${how}: in batches of 100 workers`,
      values: { gasPerAllotment: allot, gasPerPayment: pay, gasRedeem: gas("redeem") },
    },
    {
      name: "gas, a task",
      ours: `${whole(small)} / ${whole(large)} / ${whole(huge)}`,
      how: `${how}: everything over 1,000 tasks and 100 workers / 100,000 and 1,000 / 1,000,000 and 1,000`,
      values: { gasPerTask1k: small, gasPerTask100k: large, gasPerTask1M: huge },
    },
  ]);
}

function snapshot(contract: string): (name: string) => number {
  const rows = JSON.parse(readFileSync(resolve(folder, `${contract}.json`), "utf8")) as Readonly<
    Record<string, string>
  >;
  return (name) => {
    const value = rows[name];
    if (value === undefined) throw new Error(`the gas snapshot of ${contract} has no "${name}"`);
    return Number(value);
  };
}
