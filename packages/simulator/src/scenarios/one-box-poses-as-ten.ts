// Ten names of one machine beside an operator who has ten, while coordinators challenge both.
import { nodeView } from "@starling/coordinator/core";
import type { RandomStream } from "@starling/kernel";
import type { Role } from "../cast.ts";
import type { Stage } from "../play.ts";
import type { Box } from "../world/boxes.ts";
import { operatorAt, workerAt } from "../world/records.ts";
import { job, role, type Scenario, uncompleted } from "./scenario.ts";

const NAMES = 10;
const [POSER, HONEST] = [0, 1];
const LASTS_MS = 20 * 60_000;
const PRODUCT_MS_MIN = 450;
const PRODUCT_MS_SPAN = 100;
/** One honest machine in five has other work at any moment, and is four times as slow then. */
const BUSY = [1, 5] as const;
const BUSY_TIMES = 4;
/** At the best of three rounds: what the box gets done by itself, and what chance leaves to honest machines. */
const POSER_MAX = 2;
const HONEST_MIN = 7;

const quiet = (random: RandomStream): number => PRODUCT_MS_MIN + random.below(PRODUCT_MS_SPAN);
const jittery = (random: RandomStream): number => quiet(random) * (random.chance(...BUSY) ? BUSY_TIMES : 1);

function named(operator: number, boxOf: (index: number) => Box): Role[] {
  return Array.from({ length: NAMES }, (_, index) => ({
    ...role(operator * NAMES + index),
    operator: operatorAt(operator),
    box: boxOf(index),
  }));
}

const oneBox = named(POSER, () => ({ name: "one box", productMs: quiet, matrix: 100 }));
const tenBoxes = named(HONEST, (index) => ({ name: `box ${index}`, productMs: jittery, matrix: 100 }));

function bestOf({ world }: Stage, operator: number): { rounds: number; prompt: number; promptOf: number } {
  const views = Array.from({ length: NAMES }, (_, index) =>
    nodeView(world.coordinator.state, workerAt(operator * NAMES + index)),
  );
  return views.flatMap((view) => view?.challenge ?? [])[0] ?? { rounds: 0, prompt: 0, promptOf: 0 };
}

export const oneBoxPosesAsTen: Scenario = {
  about:
    "joint challenges show that ten names are one machine, and that ten machines are ten however busy some of them are",
  cast: [...oneBox, ...tenBoxes],
  lastsMs: LASTS_MS,
  script: ({ payer }) => {
    payer.submit(job(1, { tasks: 10 }));
  },
  epilogue: (stage) => {
    const [poser, honest] = [bestOf(stage, POSER), bestOf(stage, HONEST)];
    return [
      ...uncompleted(stage),
      ...[poser, honest].flatMap(({ rounds }) => (rounds === 3 ? [] : [`one operator had ${rounds} rounds`])),
      ...(poser.prompt <= POSER_MAX ? [] : [`one box passes for ${poser.prompt} of ${poser.promptOf}`]),
      ...(honest.prompt >= HONEST_MIN ? [] : [`ten boxes pass for ${honest.prompt} of ${honest.promptOf}`]),
    ];
  },
};
