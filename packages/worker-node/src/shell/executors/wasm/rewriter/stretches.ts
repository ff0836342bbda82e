// Finds the stretches of a function that run as a whole once they are entered, and sums what each costs.
import type { Reader } from "./reader.ts";

/** Code that is paid for at its start: all of it runs, or the program traps or exits within it. */
export interface Stretch {
  readonly position: number;
  /** The head of a loop: the limit is looked at here, so that no loop escapes it. */
  readonly isLoop: boolean;
  fuel: number;
}

/** An open block. */
interface Frame {
  /** The stretch that the code at hand belongs to. */
  current: Stretch;
  /** The outermost open block that a branch from within goes to. */
  outermost: number;
}

/** The price of a stretch is written as a 32-bit number. */
const STRETCH_FUEL_MAX = 2 ** 31 - 1;

/**
 * Follows the nesting of one function. What stands after the end of a block belongs to the stretch that led into the block,
 * unless a branch from within goes further out: then it might not be reached, and is a stretch of its own. So the sum of the
 * stretches entered is exactly what was run, for every path that returns.
 */
export class Stretches {
  /** All stretches in the order of their positions, the function's first one in front. */
  readonly list: Stretch[] = [];
  readonly #reader: Reader;
  readonly #frames: Frame[] = [];

  constructor(reader: Reader) {
    this.#reader = reader;
    this.#frames.push({ current: this.#begin(false), outermost: 0 });
  }

  /** Blocks that are open inside of the function. */
  get depth(): number {
    return this.#frames.length - 1;
  }

  pay(fuel: number): void {
    const { current } = this.#top;
    current.fuel += fuel;
    if (current.fuel > STRETCH_FUEL_MAX) this.#reader.fail("a function is too large");
  }

  /** After `block`: its code is reached whenever the block is. */
  enterBlock(): void {
    this.#frames.push({ current: this.#top.current, outermost: this.#frames.length });
  }

  /** After `loop` or `if`: its code runs any number of times. */
  enterBranch({ isLoop }: { readonly isLoop: boolean }): void {
    this.#frames.push({ current: this.#begin(isLoop), outermost: this.#frames.length });
  }

  /** After `else`, and after anything behind which the program may not go on. */
  cut(): void {
    this.#top.current = this.#begin(false);
  }

  /** A branch to that many blocks further out. */
  branch(label: number): void {
    const target = this.depth - label;
    if (target < 0) this.#reader.fail("a branch leaves its function");
    this.#top.outermost = Math.min(this.#top.outermost, target);
  }

  /** After an `end`; false when it was the function's own. */
  leave(): boolean {
    const index = this.depth;
    const closed = this.#frames.pop();
    if (closed === undefined || index === 0) return false;
    const { outermost } = closed;
    const outer = this.#top;
    outer.outermost = Math.min(outer.outermost, outermost);
    if (outermost < index) this.cut();
    return true;
  }

  get #top(): Frame {
    return this.#frames.at(-1) ?? this.#reader.fail("code after the end of a function");
  }

  #begin(isLoop: boolean): Stretch {
    const stretch = { position: this.#reader.position, isLoop, fuel: 0 };
    this.list.push(stretch);
    return stretch;
  }
}
