// A worker that earns trust with fifty good results, and then never works again.
import { sleeperAfter } from "../behaviours/sleeper.ts";
import { fired, job, referee, type Scenario, staked, uncompleted } from "./scenario.ts";

/** At four percent a liar has this many results settled before it is caught with a chance below one in a thousand. */
const WRONG_MAX = 170;

export const sleepersWake: Scenario = {
  about: "a sleeper is caught soon after it wakes, and so few of its results count",
  cast: [referee, ...[1, 2, 3].map((index) => staked(index)), staked(4, sleeperAfter(50))],
  script: ({ payer, world }) => {
    for (let number = 1; number <= 2; number += 1)
      world.simulation.after(number * 15_000, () =>
        payer.submit(job(number, { trust: "spot", tasks: 250, budgetTimes: 4n })),
      );
  },
  epilogue: (stage) => {
    const { wrongSettled } = stage.world.faults.fired;
    const sleeper = stage.world.workers[4]?.role.operator ?? "0x";
    const caught = stage.world.coordinator.state.ledger.operators.get(sleeper)?.caught ?? 0;
    const found = [...fired(stage, "sleeperLie"), ...uncompleted(stage)];
    if (caught === 0 && stage.world.faults.fired.sleeperLie > WRONG_MAX) found.push("the sleeper was never caught");
    return wrongSettled > WRONG_MAX ? [...found, `${wrongSettled} wrong results were settled`] : found;
  },
};
