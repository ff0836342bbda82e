// The fuel of one run: counted down by the program itself and by the host calls that it makes.
import { FUEL_SCHEDULE } from "../rewriter/fuel-schedule.ts";
import { RunFailure } from "./failure.ts";

/** Host calls are gathered up to this much before the program's own counter is touched, which costs more than a small call. */
const GATHERED_MAX = 100_000;

/** Takes fuel for what the host does, and knows how much was used in all. */
export class FuelTank {
  readonly #limit: number;
  #counter: WebAssembly.Global | undefined;
  #gathered = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Fills the program's counter, before any of its code runs. */
  bind(counter: WebAssembly.Global): void {
    counter.value = BigInt(this.#limit);
    this.#counter = counter;
  }

  /** Pays for work of the host, in units of the schedule. Throws a `RunFailure` when there is nothing left. */
  pay(units: number): void {
    this.#gathered += units;
    if (this.#gathered < GATHERED_MAX || this.#counter === undefined) return;
    this.#counter.value = (this.#counter.value as bigint) - BigInt(this.#gathered);
    this.#gathered = 0;
    if (this.isEmpty) throw this.failure();
  }

  /** What was used so far; a program that traps has not yet paid for all that its open functions did. */
  get used(): number {
    const left = this.#counter === undefined ? this.#limit : Number(this.#counter.value as bigint);
    return Math.min(this.#limit, this.#limit - left + this.#gathered);
  }

  /** Whether more was used than there was. */
  get isEmpty(): boolean {
    if (this.#counter === undefined) return false;
    return Number(this.#counter.value as bigint) - this.#gathered < 0;
  }

  /** How a run without fuel ends. */
  failure(): RunFailure {
    return new RunFailure(
      "outOfFuel",
      `it used up its fuel of ${this.#limit} (${FUEL_SCHEDULE}): an endless loop, or more work than limits.fuel allows`,
    );
  }
}
