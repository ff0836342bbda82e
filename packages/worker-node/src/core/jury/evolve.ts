// Applies the facts of jury duties.
import { assertNever, present } from "@starling/kernel";
import type { WorkerFact } from "../fact.ts";
import type { WorkerLedger } from "../state.ts";
import { dutyIdOf } from "./duty.ts";

/** The facts that `evolveDuties` applies. */
export type DutyFact = Extract<WorkerFact, { readonly type: "dutyTaken" | "voteCast" | "voteIntended" | "dutyOver" }>;

/** Applies one of them in place. */
export function evolveDuties({ duties }: WorkerLedger, fact: DutyFact): void {
  switch (fact.type) {
    case "dutyTaken": {
      const known = duties.get(dutyIdOf(fact.drawn));
      // Drawn again after a reorg, at another time: the vote is the same.
      if (known === undefined) duties.set(dutyIdOf(fact.drawn), { drawn: fact.drawn, vote: null, intents: new Map() });
      else known.drawn = fact.drawn;
      return;
    }
    case "voteCast":
      present(duties.get(fact.dutyId), `duty ${fact.dutyId}`).vote = fact.vote;
      return;
    case "voteIntended":
      present(duties.get(fact.dutyId), `duty ${fact.dutyId}`).intents.set(fact.step, fact.intentId);
      return;
    case "dutyOver":
      duties.delete(fact.dutyId);
      return;
    default:
      assertNever(fact, "duty fact");
  }
}
