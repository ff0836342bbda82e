// Workers cash every voucher themselves while the coordinator pays as well.
import { job, role, type Scenario } from "./scenario.ts";

export const bothRoutesOfPay: Scenario = {
  about: "a voucher that is cashed and a payment for the same work pay once",
  cast: [role(0), role(1), role(2)],
  faults: { voucherCashed: 1_000, reorg: 300 },
  script: ({ payer, world }) => {
    for (let i = 1; i <= 3; i += 1) world.simulation.after(i * 9_000, () => payer.submit(job(i)));
  },
  epilogue: ({ world }) => (world.faults.fired.voucherCashed > 0 ? [] : ["no voucher was cashed"]),
};
