// The instructions that give every NaN one form: positive and quiet, without payload, as the deterministic profile has it.
import { OP } from "./fuel-code.ts";
import type { Edit } from "./instructions.ts";
import type { FloatType } from "./nan.ts";
import type { Writer } from "./writer.ts";

/** How a type is kept, compared and chosen, and its NaN as an instruction. */
interface Form {
  readonly local: number;
  readonly equal: readonly number[];
  readonly choose: readonly number[];
  readonly nan: readonly number[];
}

const SINGLE = [0x00, 0x00, 0xc0, 0x7f];
const DOUBLE = [0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8, 0x7f];
const SELECT = [0x1b];
const BIT_SELECT = [0xfd, 0x52];
const VECTOR_CONST = [0xfd, 0x0c];

const FORMS: Readonly<Record<FloatType, Form>> = {
  f32: { local: 0x7d, equal: [0x5b], choose: SELECT, nan: [0x43, ...SINGLE] },
  f64: { local: 0x7c, equal: [0x61], choose: SELECT, nan: [0x44, ...DOUBLE] },
  f32x4: {
    local: 0x7b,
    equal: [0xfd, 0x41],
    choose: BIT_SELECT,
    nan: [...VECTOR_CONST, ...SINGLE, ...SINGLE, ...SINGLE, ...SINGLE],
  },
  f64x2: { local: 0x7b, equal: [0xfd, 0x47], choose: BIT_SELECT, nan: [...VECTOR_CONST, ...DOUBLE, ...DOUBLE] },
};

/** Writes the code of one function, which gets a local for each kind of value that it needs. */
export class NanCode {
  /** Types of the locals, from the given index on. */
  readonly locals: readonly number[];
  readonly #firstLocal: number;

  constructor(edits: readonly Edit[], firstLocal: number) {
    this.#firstLocal = firstLocal;
    this.locals = [...new Set(edits.flatMap((edit) => (edit.kind === "nan" ? [FORMS[edit.type].local] : [])))];
  }

  /** What is on top of the stack stays there, unless it is a NaN: only a NaN is not equal to itself. */
  settle(out: Writer, type: FloatType): void {
    const { local, equal, choose, nan } = FORMS[type];
    const index = this.#firstLocal + this.locals.indexOf(local);
    out
      .byte(OP.localTee)
      .u32(index)
      .byte(...nan);
    out
      .byte(OP.localGet)
      .u32(index)
      .byte(OP.localGet)
      .u32(index)
      .byte(...equal, ...choose);
  }
}
