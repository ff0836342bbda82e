// Random programs that end, each also in a version that counts its own fuel, instruction by instruction.
import { assemble, type FunctionSource, i32, indexed, TYPE } from "../../src/shell/executors/wasm/assembler.ts";

/** Where the counting version keeps its sum; nothing else touches it. */
export const SUM_AT = 8;

/** The same program twice: as a compiler would make it, and counting. */
interface ProgramPair {
  readonly plain: Uint8Array;
  readonly counting: Uint8Array;
}

/** Gives numbers below a bound, repeatably. */
export type Draw = (bound: number) => number;

/** A repeatable source of numbers (xorshift). */
export function drawFrom(seed: number): Draw {
  let state = seed | 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

/** What instructions cost by the first fuel schedule, written down once more. */
const COST = {
  ...{ simple: 1, none: 0, memory: 2, division: 20, call: 20, callIndirect: 40, table: 8, tableGet: 10 },
  ...{ bulk: 500, grow: 20_000, byte: 1, page: 65_536, element: 100, rounding: 4, vector: 2 },
} as const;

const LOCALS = 6;
const FUNCTIONS = 3;
const STATEMENTS_MAX = 60;
const PAGES_MAX = 4;

/** Makes a program: `_start` calls the last of some functions, which call those before them. */
export function randomPair(seed: number): ProgramPair {
  const make = (isCounting: boolean): Uint8Array => {
    const draw = drawFrom(seed);
    const functions: FunctionSource[] = [];
    for (let index = 0; index < FUNCTIONS; index += 1) functions.push(new Body(draw, index, isCounting).finish());
    const start = new Body(draw, FUNCTIONS, isCounting).start();
    const table = Array.from({ length: FUNCTIONS }, (_, i) => i);
    return assemble({ functions: [...functions, start], table, pages: 1, pagesMax: PAGES_MAX });
  };
  return { plain: make(false), counting: make(true) };
}

/** Around a statement, the innermost last. */
type Label = { readonly kind: "forward" } | { readonly kind: "loop"; readonly counter: number };

class Body {
  readonly #draw: Draw;
  readonly #index: number;
  readonly #isCounting: boolean;
  readonly #code: number[] = [];
  readonly #labels: Label[] = [];
  #counters = 0;
  #left = STATEMENTS_MAX;

  constructor(draw: Draw, index: number, isCounting: boolean) {
    this.#draw = draw;
    this.#index = index;
    this.#isCounting = isCounting;
  }

  finish(): FunctionSource {
    this.#statements(4);
    this.#value(2);
    // Loop counters come after the locals that statements use.
    const locals = new Array<number>(LOCALS + this.#counters + 1).fill(TYPE.i32);
    return { parameters: [TYPE.i32], results: [TYPE.i32], locals, code: this.#code };
  }

  /** Keeps the result of the last function in memory. */
  start(): FunctionSource {
    this.#op(COST.simple, i32(0));
    this.#op(COST.simple, i32(7));
    this.#op(COST.call, indexed(0x10, FUNCTIONS - 1));
    this.#op(COST.memory, [0x36, 2, 0]);
    return { code: this.#code };
  }

  // The counting stands in front of what it counts and takes nothing from the stack.
  #op(cost: number, bytes: readonly number[]): void {
    if (this.#isCounting && cost > 0) this.#code.push(...addToSum(cost));
    this.#code.push(...bytes);
  }

  #statements(depth: number): void {
    const count = 1 + this.#draw(4);
    for (let i = 0; i < count && this.#left > 0; i += 1) {
      this.#left -= 1;
      this.#statement(depth);
    }
  }

  #statement(depth: number): void {
    const nested = [() => this.#loop(depth), () => this.#if(depth), () => this.#block(depth)];
    const flat = [
      () => this.#assign(),
      () => this.#store(),
      () => this.#branch(),
      () => this.#moves(),
      () => this.#leave(),
    ];
    const choices = depth > 0 ? [...nested, ...nested, ...flat] : flat;
    choices[this.#draw(choices.length)]?.();
  }

  #block(depth: number): void {
    this.#op(COST.none, [0x02, 0x40]);
    this.#within({ kind: "forward" }, depth);
    this.#op(COST.none, [0x0b]);
  }

  #if(depth: number): void {
    this.#value(2);
    this.#op(COST.simple, [0x04, 0x40]);
    this.#within({ kind: "forward" }, depth);
    if (this.#draw(2) === 0) {
      this.#op(COST.none, [0x05]);
      this.#within({ kind: "forward" }, depth);
    }
    this.#op(COST.none, [0x0b]);
  }

  // The counter falls at every turn, so that no program is endless.
  #loop(depth: number): void {
    this.#counters += 1;
    const counter = LOCALS + this.#counters;
    this.#op(COST.simple, i32(1 + this.#draw(4)));
    this.#op(COST.simple, indexed(0x21, counter));
    this.#op(COST.none, [0x03, 0x40]);
    this.#labels.push({ kind: "loop", counter });
    this.#statements(depth - 1);
    this.#again(counter, 0);
    this.#labels.pop();
    this.#op(COST.none, [0x0b]);
  }

  #again(counter: number, label: number): void {
    this.#op(COST.simple, indexed(0x20, counter));
    this.#op(COST.simple, i32(1));
    this.#op(COST.simple, [0x6b]);
    this.#op(COST.simple, indexed(0x22, counter));
    this.#op(COST.simple, i32(0));
    this.#op(COST.simple, [0x4a]);
    this.#op(COST.simple, indexed(0x0d, label));
  }

  #within(label: Label, depth: number): void {
    this.#labels.push(label);
    this.#statements(depth - 1);
    this.#labels.pop();
  }

  #assign(): void {
    this.#value(3);
    this.#op(COST.simple, indexed(0x21, this.#draw(LOCALS)));
  }

  #store(): void {
    this.#op(COST.simple, i32(64 + 4 * this.#draw(64)));
    this.#value(2);
    this.#op(COST.memory, [0x36, 2, 0]);
  }

  #branch(): void {
    const depth = this.#draw(this.#labels.length + 1);
    const label = this.#labels.at(-1 - depth);
    if (label?.kind === "loop") this.#again(label.counter, depth);
    else if (label?.kind === "forward") {
      const kind = this.#draw(4);
      if (kind > 0) this.#value(1);
      if (kind === 0) this.#op(COST.simple, indexed(0x0c, depth));
      else if (kind === 1) this.#op(COST.table, [0x0e, 1, ...indexed(0, depth).slice(1), ...this.#forward(depth)]);
      else this.#op(COST.simple, indexed(0x0d, depth));
    }
  }

  // Another label that is not a loop's, as bytes; the same one if there is none.
  #forward(depth: number): number[] {
    const others = [...this.#labels.keys()].filter((d) => this.#labels.at(-1 - d)?.kind === "forward");
    return [others[this.#draw(others.length)] ?? depth];
  }

  #leave(): void {
    this.#value(1);
    this.#op(COST.simple, [0x04, 0x40]);
    this.#value(1);
    this.#op(COST.simple, [0x0f]);
    this.#op(COST.none, [0x0b]);
  }

  // Operations that cost by what they move.
  #moves(): void {
    const bytes = this.#draw(50);
    const kind = this.#draw(3);
    if (kind === 2) {
      this.#grow();
      return;
    }
    this.#op(COST.simple, i32(2_000));
    this.#op(COST.simple, i32(kind === 0 ? this.#draw(256) : 64));
    this.#op(COST.simple, i32(bytes));
    this.#op(COST.bulk + bytes * COST.byte, kind === 0 ? [0xfc, 0x0b, 0] : [0xfc, 0x0a, 0, 0]);
  }

  // Pages are paid for only when there are any.
  #grow(): void {
    const pages = this.#draw(3);
    this.#op(COST.simple, i32(pages));
    this.#op(COST.grow, [0x40, 0]);
    this.#op(COST.simple, indexed(0x22, 1));
    if (this.#isCounting) {
      this.#code.push(...indexed(0x20, 1), ...i32(-1), 0x47, 0x04, 0x40, ...addToSum(pages * COST.page), 0x0b);
    }
    this.#op(COST.none, [0x1a]);
  }

  #value(depth: number): void {
    const kind = depth === 0 ? this.#draw(2) : this.#draw(8);
    if (kind === 0) this.#op(COST.simple, i32(this.#draw(9) - 4));
    else if (kind === 1) this.#op(COST.simple, indexed(0x20, this.#draw(LOCALS + 1)));
    else if (kind === 2) this.#call(depth);
    else if (kind === 3) {
      this.#op(COST.simple, i32(64 + 4 * this.#draw(64)));
      this.#op(COST.memory, [0x28, 2, 0]);
    } else if (kind === 4) {
      this.#value(depth - 1);
      this.#op(COST.simple, i32(3 + this.#draw(5)));
      this.#op(COST.division, [0x6e]);
    } else {
      this.#value(depth - 1);
      this.#value(depth - 1);
      this.#op(COST.simple, [[0x6a, 0x6c, 0x73, 0x48, 0x71][this.#draw(5)] ?? 0x6a]);
    }
  }

  #call(depth: number): void {
    this.#value(depth - 1);
    if (this.#index === 0) return;
    const callee = this.#draw(this.#index);
    if (this.#draw(2) === 0) {
      this.#op(COST.call, indexed(0x10, callee));
      return;
    }
    this.#op(COST.simple, i32(callee));
    this.#op(COST.callIndirect, [0x11, 0, 0]);
  }
}

function addToSum(cost: number): number[] {
  const sum = [...i32(SUM_AT), 0x29, 3, 0, 0x42, ...i32(cost).slice(1), 0x7c];
  return [...i32(SUM_AT), ...sum, 0x37, 3, 0];
}
