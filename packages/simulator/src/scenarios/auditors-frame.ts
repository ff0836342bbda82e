// Auditors that contradict whoever they check, and a referee at hand.
import { framingAuditor } from "../behaviours/framing-auditor.ts";
import { fired, job, referee, type Scenario, staked, uncompleted } from "./scenario.ts";

export const auditorsFrame: Scenario = {
  about: "an auditor that lies is caught itself, and nobody honest is blamed or unpaid",
  cast: [referee, staked(1), staked(2), staked(3), staked(4), staked(5, framingAuditor), staked(6, framingAuditor)],
  script: ({ payer }) => {
    for (let number = 1; number <= 3; number += 1)
      payer.submit(job(number, { trust: "spot", tasks: 20, budgetTimes: 4n }));
  },
  epilogue: (stage) => {
    const found = [...fired(stage, "framing"), ...uncompleted(stage)];
    const honest = stage.world.workers.slice(1, 5).map(({ role }) => role.operator);
    for (const { banned } of stage.world.coordinator.state.ledger.jobs.values())
      for (const operator of honest) if (banned.has(operator)) found.push(`${operator} was framed`);
    return found;
  },
};
