// The instructions that count fuel: in a local while a function runs, in the global whenever somebody else does.
import type { Writer } from "./writer.ts";

/** Opcodes and types of the code that is put in. */
export const OP = {
  unreachable: 0x00,
  block: 0x02,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LtS: 0x48,
  i64LtS: 0x53,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64ExtendI32U: 0xad,
  i32: 0x7f,
  i64: 0x7e,
} as const;

const NO_RESULT = 0x40;

/** Where the counter is. */
interface Places {
  readonly global: number;
  /** Index of an i64 local. */
  readonly local: number;
  /** Index of an i32 local; needed for operations of any length only. */
  readonly scratch: number;
}

/** Writes the counting of one function. None of it leaves anything on the stack or takes anything from it. */
export class FuelCode {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  /** From the global into the local: at the start, and after a call. */
  load(out: Writer): void {
    out.byte(OP.globalGet).u32(this.#places.global).byte(OP.localSet).u32(this.#places.local);
  }

  /** From the local into the global: before a call, and at the end. */
  store(out: Writer): void {
    out.byte(OP.localGet).u32(this.#places.local).byte(OP.globalSet).u32(this.#places.global);
  }

  /** Takes a known amount; with a check the program traps when nothing is left, and the global then says why. */
  pay(out: Writer, fuel: number, { isChecked }: { readonly isChecked: boolean }): void {
    if (fuel === 0 && !isChecked) return;
    out.byte(OP.localGet).u32(this.#places.local);
    out.byte(OP.i64Const).s32(fuel).byte(OP.i64Sub);
    this.#keep(out, isChecked);
  }

  /** Before an operation whose length is on top of the stack. */
  payLength(out: Writer, price: number): void {
    const { local, scratch } = this.#places;
    out.byte(OP.localTee).u32(scratch).byte(OP.localGet).u32(local).byte(OP.localGet).u32(scratch);
    this.#payCount(out, price);
  }

  /** Around an operation that makes a memory or table larger, or refuses to. */
  payGrowth(out: Writer, growth: { readonly size: Uint8Array; readonly price: number }, operation: Uint8Array): void {
    const { local, scratch } = this.#places;
    out.raw(growth.size).byte(OP.localSet).u32(scratch).raw(operation);
    out.byte(OP.localGet).u32(local).raw(growth.size).byte(OP.localGet).u32(scratch).byte(OP.i32Sub);
    this.#payCount(out, growth.price);
  }

  // On the stack: what is left of the fuel, and a 32-bit count.
  #payCount(out: Writer, price: number): void {
    out.byte(OP.i64ExtendI32U);
    if (price !== 1) out.byte(OP.i64Const).s32(price).byte(OP.i64Mul);
    out.byte(OP.i64Sub);
    this.#keep(out, true);
  }

  #keep(out: Writer, isChecked: boolean): void {
    const { local } = this.#places;
    if (!isChecked) {
      out.byte(OP.localSet).u32(local);
      return;
    }
    out.byte(OP.localTee).u32(local).byte(OP.i64Const, 0, OP.i64LtS, OP.if, NO_RESULT);
    this.store(out);
    out.byte(OP.unreachable, OP.end);
  }
}
