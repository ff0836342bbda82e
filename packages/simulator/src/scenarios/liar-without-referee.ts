// A liar among honest workers, and nobody whom the payer trusts.
import { liar } from "../behaviours/liar.ts";
import { job, role, type Scenario } from "./scenario.ts";

export const liarWithoutReferee: Scenario = {
  about: "without a referee fresh replicas on unused operators decide, and never a majority",
  cast: [role(0, liar), role(1), role(2), role(3), role(4), role(5)],
  script: ({ payer }) => {
    payer.submit(job(1, { budgetTimes: 4n }));
  },
  epilogue: ({ world }) => {
    const { tasks } = world.coordinator.state.ledger;
    const isShown = [...tasks.values()].some((task) => task.result?.by === "freshReplicas");
    return isShown ? [] : ["no task was decided by fresh replicas"];
  },
};
