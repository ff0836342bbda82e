// The built-in program of the probe: integer, float and vector arithmetic, written to /out/probe.
import { assemble, f32, f64, i32, i64, indexed, TYPE } from "./assembler.ts";

const get = (local: number): number[] => indexed(0x20, local);
const set = (local: number): number[] => indexed(0x21, local);

/** Where the rows of results begin, how many there are, and how wide one is. */
const ROWS = { at: 1_024, count: 64, bytes: 32 } as const;

// Locals: 0 the row's address, 1 a double, 2 a single, 3 a 64-bit integer.
const LOCALS = [TYPE.i32, TYPE.f64, TYPE.f32, TYPE.i64];

// x = sqrt(x * x * 1.0000001 + 1 / (x + 0.1)): rounding of every basic operation of a double.
const DOUBLE = [
  ...[...get(1), ...get(1), 0xa2, ...f64(1.0000001), 0xa2],
  ...[...f64(1), ...get(1), ...f64(0.1), 0xa0, 0xa3, 0xa0, 0x9f, ...set(1)],
];

// y = fraction(y * 1.37 + single(x)).
const SINGLE = [
  ...[...get(2), ...f32(1.37), 0x94, ...get(1), 0xb6, 0x92, ...set(2)],
  ...[...get(2), ...get(2), 0x8f, 0x93, ...set(2)],
];

// z = rotate(z * 6364136223846793005 + address, 13).
const INTEGER = [
  ...[...get(3), ...i64(6364136223846793005n), 0x7e, ...get(0), 0xad, 0x7c, ...i64(13n), 0x89, ...set(3)],
];

// Four singles at once: (y, y, y, y) * (1.1, ...) + the bits of the integer taken as four integers, converted.
const VECTOR = [
  ...[...get(2), 0xfd, 0x13, ...f32(1.1), 0xfd, 0x13, 0xfd, 0xe6, 0x01],
  ...[...get(3), 0xfd, 0x12, 0xfd, 0xfa, 0x01, 0xfd, 0xe4, 0x01],
];

const ROW = [
  ...[...DOUBLE, ...SINGLE, ...INTEGER],
  ...[...get(0), ...VECTOR, 0xfd, 0x0b, 0x00, 0x00],
  ...[...get(0), ...get(1), 0x39, 0x03, 0x10],
  ...[...get(0), ...get(3), 0x37, 0x03, 0x18],
];

const PATH = { at: 16, text: "out/probe" } as const;
const VECTOR_LIST_AT = 32;

/** The program's bytes. */
export function probeProgram(): Uint8Array {
  const open = [
    ...[...i32(3), ...i32(0), ...i32(PATH.at), ...i32(PATH.text.length), ...i32(1)],
    ...[...i64(-1n), ...i64(-1n), ...i32(0), ...i32(0), ...indexed(0x10, 0), 0x1a],
  ];
  const write = [...i32(0), 0x28, 0x02, 0x00, ...i32(VECTOR_LIST_AT), ...i32(1), ...i32(8), ...indexed(0x10, 1), 0x1a];
  const next = [...get(0), ...i32(ROWS.bytes), 0x6a, 0x22, 0x00, ...i32(ROWS.at + ROWS.count * ROWS.bytes), 0x49];
  const loop = [0x03, 0x40, ...ROW, ...next, 0x0d, 0x00, 0x0b];
  const start = [
    ...i32(ROWS.at),
    ...set(0),
    ...f64(1.5),
    ...set(1),
    ...f32(0.7),
    ...set(2),
    ...i64(-7046029254386353131n),
    ...set(3),
  ];
  const vectorList = new Uint8Array(Uint32Array.of(ROWS.at, ROWS.count * ROWS.bytes).buffer);
  const { i32: word, i64: long } = TYPE;
  return assemble({
    imports: [
      { name: "path_open", parameters: [word, word, word, word, word, long, long, word, word], results: [word] },
      { name: "fd_write", parameters: [word, word, word, word], results: [word] },
    ],
    functions: [{ locals: LOCALS, code: [...start, ...loop, ...open, ...write] }],
    data: [
      { offset: PATH.at, bytes: new TextEncoder().encode(PATH.text) },
      { offset: VECTOR_LIST_AT, bytes: vectorList },
    ],
  });
}
