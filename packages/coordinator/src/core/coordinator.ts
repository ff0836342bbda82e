// Routes each input to the handlers of its noun, then looks again at everything that changed.
import { accepted, type Outcome, type Turn } from "@starling/kernel";
import type { CoordinatorEffect } from "./effect.ts";
import type { CoordinatorFact } from "./fact.ts";
import type { CoordinatorInput } from "./input.ts";
import type { CoordinatorState } from "./state.ts";
import { openTurn, sendMail } from "./turn.ts";

/** Reads one input; records facts and requests effects. Never throws for bad input. */
export function decide(
  state: CoordinatorState,
  _input: CoordinatorInput,
  engineTurn: Turn<CoordinatorFact, CoordinatorEffect>,
): Outcome {
  const turn = openTurn(engineTurn);
  sendMail(state, turn);
  return accepted();
}
