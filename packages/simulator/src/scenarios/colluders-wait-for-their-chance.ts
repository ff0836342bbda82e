// Three operators that share everything and lie only where all replicas of a task are theirs.
import { opportunist } from "../behaviours/opportunist.ts";
import { excessOf, wrongSettledOf } from "../wrong-settled.ts";
import { fired, job, referee, type Scenario, staked, uncompleted } from "./scenario.ts";

export const colludersWaitForTheirChance: Scenario = {
  about: "what colluders get through is what their level allows: where all answers are theirs and no audit was drawn",
  cast: [
    referee,
    ...[1, 2, 3, 4].map((index) => staked(index)),
    ...[5, 6, 7].map((index) => staked(index, opportunist)),
  ],
  script: ({ payer }) => {
    payer.submit(job(1, { trust: "spot", tasks: 30, budgetTimes: 4n }));
    payer.submit(job(2, { trust: "quorum", tasks: 60, budgetTimes: 4n }));
    payer.submit(job(3, { trust: "strong", tasks: 20, budgetTimes: 4n }));
  },
  epilogue: (stage) => [
    ...fired(stage, "opportunism"),
    ...uncompleted(stage),
    ...excessOf(wrongSettledOf(stage.world)),
  ],
};
