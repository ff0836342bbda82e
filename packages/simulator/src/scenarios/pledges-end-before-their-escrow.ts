// An escrow that a later job prolonged: pledges of before end at the moment that was agreed, and somebody sees to it.
import { pledgeKey } from "../world/stake-rules.ts";
import { fired, job, type Scenario, staked, uncompleted } from "./scenario.ts";

const LOOK_MS = 2_000;
const LOOKS = 80;
const JOBS = 9;
/** The first job has had its pledges confirmed by then. */
const SECOND_JOB_MS = 35_000;
const JOB_EVERY_MS = 12_000;
const FIRST_DEADLINE_MS = 80_000;
/** One operator is away when the escrow is prolonged, until its pledge has ended and was released: nobody could renew it. */
const AWAY_FROM_MS = SECOND_JOB_MS - 1_000;
const BACK_AT_MS = FIRST_DEADLINE_MS + 15_000;

export const pledgesEndBeforeTheirEscrow: Scenario = {
  about:
    "pledges that end before their prolonged escrow are renewed or given up, and no fine stands on one that is gone",
  cast: [staked(0), staked(1), staked(2)],
  faults: { reorg: 20, chainDown: 20 },
  script: ({ payer, world }) => {
    payer.submit(job(1, { tasks: 40, trust: "quorum", deadlineMs: FIRST_DEADLINE_MS, marginMs: 0 }));
    for (let number = 2; number <= JOBS; number += 1)
      world.simulation.after(SECOND_JOB_MS + (number - 2) * JOB_EVERY_MS, () =>
        payer.submit(job(number, { tasks: 12, trust: number % 2 === 0 ? "spot" : "quorum" })),
      );
    const absent = world.workers.at(-1)?.node;
    world.simulation.after(AWAY_FROM_MS, () => absent?.crash(true));
    world.simulation.after(BACK_AT_MS, () => absent?.start());
    for (let look = 1; look <= LOOKS; look += 1)
      world.simulation.after(look * LOOK_MS, () => {
        const { escrows, registry } = world.chain.contracts;
        for (const escrowId of escrows.keys())
          for (const operator of registry.stakes.keys())
            if ((registry.pledges.get(pledgeKey(escrowId, operator))?.amount ?? 0n) > 0n)
              world.chain.addForeign({ kind: "releasePledge", escrowId, operator });
      });
  },
  epilogue: (stage) => {
    const events = stage.world.chain.blocks.flatMap((block) => block.events);
    const firstRelease = events.findIndex(({ type }) => type === "pledgeReleased");
    const prolonged = events.some((event) => event.type === "pledged" && event.amount === 0n);
    const pledgedAgain = events.slice(firstRelease + 1).some(({ type }) => type === "pledged");
    const isEarly = events.findIndex(({ type }) => type === "escrowClosed") > firstRelease && firstRelease >= 0;
    return [
      ...uncompleted(stage),
      ...fired(stage, "chainDown"),
      ...(isEarly ? [] : ["no pledge ended before its escrow"]),
      ...(prolonged ? [] : ["no pledge was prolonged"]),
      ...(pledgedAgain ? [] : ["nobody pledged again"]),
    ];
  },
};
