// A worker fetches what contracts keep for it and for its operator: nobody else has a reason to, and no contract lets go by itself.
import { accepted, type Outcome } from "@starling/kernel";
import type { ChainCall } from "@starling/protocol";
import type { WorkerInput } from "../input.ts";
import { canIntend, intendCall } from "../sender-bridge.ts";
import type { WorkerState } from "../state.ts";
import type { WorkerTurn } from "../worker.ts";
import { creditIdOf, type SeenCredit } from "./credit.ts";
import { creditStanding } from "./standing.ts";

/** With each head: asks the chain now and then; an answer that does not come is asked for again. */
export function readCredits({ config, presence }: WorkerState, turn: WorkerTurn): void {
  const now = presence.headSeconds;
  if (now === null) return;
  const { creditsAskedAt, courtSeconds } = presence;
  const most = config.policy.creditReadMs / 1_000;
  // Where disputes are quick, so are those who wait for their end.
  const every = courtSeconds === null ? most : Math.min(most, courtSeconds.commit);
  if (creditsAskedAt !== null && now < creditsAskedAt + every) return;
  presence.creditsAskedAt = now;
  const accounts = [...new Set([config.worker, config.operator])];
  turn.request({ type: "readCredits", accounts });
}

/** The chain's answer: what is worth its gas is withdrawn. */
export function creditsSeen(
  state: WorkerState,
  input: Extract<WorkerInput, { type: "creditsSeen" }>,
  turn: WorkerTurn,
): Outcome {
  const { presence } = state;
  presence.gas = input.gas;
  for (const read of input.credits) {
    const creditId = creditIdOf(read);
    const known = presence.credits.get(creditId);
    if (known !== undefined && known.readAtBlock > input.blockNumber) continue;
    const credit = { ...read, readAtBlock: input.blockNumber };
    presence.credits.set(creditId, credit);
    if (credit.amount > 0n) withdraw(state, credit, turn);
  }
  return accepted();
}

/** The contract refused: mostly another worker of the operator was first, which the next reading shows. */
export function withdrawalRefused({ presence }: WorkerState, creditId: string): void {
  presence.creditRefusedAt.set(creditId, presence.headSeconds ?? 0);
}

function withdraw(state: WorkerState, credit: SeenCredit, turn: WorkerTurn): void {
  if (creditStanding(state, credit) !== "withdraws" || !canIntend(state)) return;
  const { keeper, account, amount } = credit;
  // Never two of one moment, since the next one waits for the end of this one.
  const intentId = `credit/${creditIdOf(credit)}/${turn.now}`;
  turn.record({ type: "withdrawalIntended", keeper, account, intentId, amount, at: turn.now });
  intendCall(state, { intentId, call: callOf(credit) }, turn);
}

function callOf({ keeper, account }: SeenCredit): ChainCall {
  return keeper === "court" ? { kind: "withdrawCredit", account } : { kind: "withdrawEscrowCredit", account };
}
