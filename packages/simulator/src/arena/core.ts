// One row of the table through the real cores: coordinator, workers, frames, chain and pledges, in virtual time.
import type { CoordinatorFact } from "@starling/coordinator/core";
import { resultDigest, type Trust } from "@starling/protocol";
import type { Behaviour } from "../behaviours/behaviour.ts";
import { honest } from "../behaviours/honest.ts";
import { noFaults } from "../fault-plan.ts";
import { perform, type Stage } from "../play.ts";
import { plainPlan } from "../workload.ts";
import { outputsOf, rightContent } from "../world/outputs.ts";
import { operatorAt, payerAddress } from "../world/records.ts";

/** What is played. */
export interface CoreMatch {
  readonly trust: Trust;
  readonly attacker: Behaviour;
  readonly operators: number;
  readonly percent: number;
  readonly tasks: number;
  readonly seed: number;
}

/** What came of it. Money in base units. */
export interface CoreRow {
  readonly broken: readonly string[];
  readonly settled: number;
  readonly wrongSettled: number;
  /** Answers that were paid for or given for nothing by a referee. */
  readonly executions: number;
  readonly attackerLeases: number;
  readonly lies: number;
  readonly liesPaid: number;
  readonly attackerEarned: bigint;
  readonly fines: bigint;
  readonly honestFines: number;
  readonly honestRejected: number;
}

const PRICE = 10_000n;
const STAKE = 100_000_000n;
/** Three times what the job takes at the workers' pace, and then some. */
const MS_PER_TASK = 3_000;
const MS_MIN = 120_000;
/** A task takes about thirty. */
const EVENTS_PER_TASK = 100;
const EVENTS_MIN = 1_000_000;
const RUN_MS_MIN = 500;
const RUN_MS_SPAN = 1_000;

/** A second for each task, as the attackers take: quick workers would outrun their pledges. */
const unhurried: Behaviour = {
  ...honest,
  run: ({ right }, random) => ({ durationMs: RUN_MS_MIN + random.below(RUN_MS_SPAN), content: right }),
};

/** Plays it without faults of network or machines. The payer's own machine settles mismatches. */
export function playCore(match: CoreMatch): CoreRow {
  const { trust, attacker, operators, percent, tasks, seed } = match;
  const bad = Math.round((operators * percent) / 100);
  const cast = Array.from({ length: operators }, (_, i) => ({
    operator: operatorAt(i),
    behaviour: i < bad ? attacker : unhurried,
    pricePerTask: PRICE,
    stake: STAKE,
  }));
  const plan = { ...plainPlan(1, PRICE), trust, tasks, hasReduce: false, budgetTimes: 2n };
  const lastsMs = MS_MIN + Math.ceil((MS_PER_TASK * tasks) / operators);
  const count = new Count(bad);
  const { broken } = perform({
    seed,
    cast: [...cast, { operator: payerAddress, behaviour: unhurried, pricePerTask: PRICE }],
    plan: noFaults,
    plantedBugs: new Set(),
    checkers: [],
    isForgetful: true,
    faultsMs: lastsMs,
    eventsMax: EVENTS_MIN + EVENTS_PER_TASK * tasks,
    script: (stage) => {
      stage.onFact((fact) => count.note(stage, fact));
      stage.payer.submit({ ...plan, deadlineMs: 2 * lastsMs });
    },
    encore: () => [],
    epilogue: () => [],
  });
  return { broken, ...count.row };
}

class Count {
  readonly #bad: ReadonlySet<string>;
  readonly row = {
    settled: 0,
    wrongSettled: 0,
    executions: 0,
    attackerLeases: 0,
    lies: 0,
    liesPaid: 0,
    attackerEarned: 0n,
    fines: 0n,
    honestFines: 0,
    honestRejected: 0,
  };

  constructor(bad: number) {
    this.#bad = new Set(Array.from({ length: bad }, (_, i) => operatorAt(i)));
  }

  note({ world }: Stage, fact: CoordinatorFact): void {
    const { ledger } = world.coordinator.state;
    const lease = "leaseId" in fact && typeof fact.leaseId === "string" ? ledger.leases.get(fact.leaseId) : undefined;
    const isBad = lease !== undefined && this.#bad.has(lease.operator);
    const isRight =
      lease !== undefined && lease.answer?.digest === resultDigest(outputsOf(rightContent(lease.taskSpec)));
    const { row } = this;
    switch (fact.type) {
      case "leaseRevealed":
        row.executions += 1;
        if (isBad) row.attackerLeases += 1;
        if (isBad && !isRight) row.lies += 1;
        return;
      case "leaseSettled":
        if (!isBad && isRight && fact.verdict === "rejected") row.honestRejected += 1;
        return;
      case "payOwed":
        if (!isBad) return;
        row.attackerEarned += fact.amount;
        if (!isRight) row.liesPaid += 1;
        return;
      case "fineDue":
        if (isBad) row.fines += fact.amount;
        else row.honestFines += 1;
        return;
      case "taskSettled": {
        row.settled += 1;
        const task = ledger.tasks.get(fact.taskId);
        const winner = task?.result?.winners[0];
        const spec = winner === undefined ? undefined : ledger.leases.get(winner)?.taskSpec;
        if (spec !== undefined && task?.result?.digest !== resultDigest(outputsOf(rightContent(spec))))
          row.wrongSettled += 1;
        return;
      }
      default:
    }
  }
}
