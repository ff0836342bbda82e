// One turn's value: what the core sees of time and chance, and what it recorded and requested.
import { type Decider, type Millis, type RandomStreams, randomStreams, type Turn } from "@starling/kernel";
import { encodeValue } from "../journal/encoding.ts";
import type { EffectRequest } from "./effects.ts";
import { deepFreeze } from "./freeze.ts";

export interface TurnStart {
  readonly now: Millis;
  /** Eight words of entropy. */
  readonly entropy: readonly number[];
  /** The number of the last durable fact. */
  readonly lastSeq: number;
  readonly epoch: number;
  /** How many effects were requested since that fact, in earlier turns that recorded nothing. */
  readonly ordinal: number;
  /** Whether to freeze facts before they are applied. */
  readonly freeze: boolean;
}

/** Applies facts at once and keeps their texts, so that what is journalled is what was applied. */
export class RecordedTurn<State, Fact, Effect> implements Turn<Fact, Effect> {
  readonly now: Millis;
  readonly random: RandomStreams;
  readonly facts: Fact[] = [];
  readonly texts: string[] = [];
  readonly requests: EffectRequest<Effect>[] = [];
  readonly #start: TurnStart;
  readonly #evolve: (fact: Fact) => void;
  #ordinal: number;

  constructor(decider: Pick<Decider<unknown, State, unknown, Fact, Effect>, "evolve">, state: State, start: TurnStart) {
    this.now = start.now;
    this.random = randomStreams(start.entropy);
    this.#start = start;
    this.#ordinal = start.ordinal;
    this.#evolve = (fact) => decider.evolve(state, fact);
  }

  /** Where the next turn goes on counting, if it records nothing first. */
  get ordinal(): number {
    return this.#ordinal;
  }

  record(fact: Fact): void {
    this.texts.push(encodeValue(fact));
    this.facts.push(fact);
    this.#ordinal = 0;
    this.#evolve(this.#start.freeze ? deepFreeze(fact) : fact);
  }

  request(effect: Effect): void {
    const seq = this.#start.lastSeq + this.facts.length;
    this.requests.push({ id: `${this.#start.epoch}.${seq}.${this.#ordinal}`, effect });
    this.#ordinal += 1;
  }
}
