// Reads the numbers of an output as its bytes come in, without ever holding the whole of it.
import { limits } from "../limits.ts";

/** What was found when the last bytes were in. */
export type ReadEnd =
  | { readonly ok: true; readonly form: string; readonly numbers: Float64Array }
  | { readonly ok: false; readonly problem: string };

/** One side of a comparison. `problem` says why the bytes are not what the format says; nothing is read after that. */
export interface NumberReader {
  /** Takes the next bytes and returns the numbers that they complete. */
  readonly push: (bytes: Uint8Array) => Float64Array;
  /** The numbers that only the end completed, and everything beside numbers as one text: equal outputs have equal ones. */
  readonly end: () => ReadEnd;
  readonly problem: () => string | null;
}

/** Element types: bytes and how one is read. All little-endian. */
export const elements = {
  f4: { bytes: 4, read: (view: DataView, at: number) => view.getFloat32(at, true) },
  f8: { bytes: 8, read: (view: DataView, at: number) => view.getFloat64(at, true) },
  i1: { bytes: 1, read: (view: DataView, at: number) => view.getInt8(at) },
  u1: { bytes: 1, read: (view: DataView, at: number) => view.getUint8(at) },
  i2: { bytes: 2, read: (view: DataView, at: number) => view.getInt16(at, true) },
  u2: { bytes: 2, read: (view: DataView, at: number) => view.getUint16(at, true) },
  i4: { bytes: 4, read: (view: DataView, at: number) => view.getInt32(at, true) },
  u4: { bytes: 4, read: (view: DataView, at: number) => view.getUint32(at, true) },
  i8: { bytes: 8, read: (view: DataView, at: number) => Number(view.getBigInt64(at, true)) },
  u8: { bytes: 8, read: (view: DataView, at: number) => Number(view.getBigUint64(at, true)) },
} as const;

/** One of the element types. */
export type ElementType = keyof typeof elements;

/** Reads a row of elements; one that is cut by the end of a chunk waits for the next. */
export function elementsReader(type: ElementType): NumberReader {
  const { bytes: width, read } = elements[type];
  const isWide = type === "i8" || type === "u8";
  let rest = new Uint8Array(0);
  let problem: string | null = null;
  return {
    push: (chunk) => {
      const bytes = rest.length === 0 ? chunk : joined(rest, chunk);
      const count = Math.floor(bytes.length / width);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      const numbers = new Float64Array(count);
      for (let i = 0; i < count; i += 1) {
        const value = read(view, i * width);
        // Two such integers may differ and be one number here.
        if (isWide && !Number.isSafeInteger(value)) problem = "it has integers beyond 2^53, which cannot be measured";
        numbers[i] = value;
      }
      rest = bytes.slice(count * width);
      return numbers;
    },
    end: () => {
      if (problem === null && rest.length > 0) problem = `its size is not a multiple of ${width} bytes`;
      return problem === null ? { ok: true, form: type, numbers: noNumbers } : { ok: false, problem };
    },
    problem: () => problem,
  };
}

/** Where there are none. */
export const noNumbers = new Float64Array(0);

/** Joins what was left over to what came. */
export function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}

/** Bytes of the chunks that a comparison is fed with; the result does not depend on them. */
export const comparedChunkBytes = limits.pieceBytes;
