// The fuel schedule: what each instruction, each moved byte and each host call costs. The same on every machine, for ever.
//
// One unit is one simple instruction of the format. Most of those become no machine instruction of their own, so optimised
// code runs ten to forty units in a nanosecond; each has a price all the same, or a program could run for long for nothing.
// Other prices follow the time that common machines need, coarsely: fuel is a measure of work, and no clock. A change of
// any number here makes other fuel of the same program, so it needs another name.

/** Name and version of the schedule; results of different schedules can't be compared by their fuel. */
export const FUEL_SCHEDULE = "starling/fuel/1";

/** What an instruction costs that has no price of its own. */
export const PRICE_DEFAULT = 1;

/** The price of a range of opcodes, and why; a second opcode after 0xfc or 0xfd is added to the prefix times 256. */
export type Price = readonly [from: number, to: number, fuel: number, why: string];

/** Prices other than the default; a later entry wins over an earlier one. */
export const PRICES: readonly Price[] = [
  [0x00, 0x03, 0, "unreachable, nop, block, loop: no machine code"],
  [0x05, 0x05, 0, "else: no machine code"],
  [0x0b, 0x0b, 0, "end: no machine code"],
  [0x0e, 0x0e, 8, "br_table: an indirect jump"],
  [0x10, 0x10, 20, "call: the frame, and the counting of depth and fuel"],
  [0x11, 0x11, 40, "call_indirect: as a call, after two checks"],
  [0x1a, 0x1a, 0, "drop: no machine code"],
  [0x25, 0x26, 10, "table.get, table.set: a check and a barrier"],
  [0x28, 0x3e, 2, "loads and stores: the caches"],
  [0x40, 0x40, 20_000, "memory.grow: a call into the engine; its pages come on top"],
  [0x6d, 0x70, 20, "division of i32"],
  [0x7f, 0x82, 20, "division of i64"],
  [0x8d, 0x90, 4, "rounding of f32"],
  [0x91, 0x91, 20, "square root of f32"],
  [0x95, 0x95, 20, "division of f32"],
  [0x96, 0x97, 4, "minimum and maximum of f32"],
  [0x9b, 0x9e, 4, "rounding of f64"],
  [0x9f, 0x9f, 20, "square root of f64"],
  [0xa3, 0xa3, 20, "division of f64"],
  [0xa4, 0xa5, 4, "minimum and maximum of f64"],
  [0xa8, 0xab, 4, "truncation to i32, with its checks"],
  [0xae, 0xb9, 4, "conversions between integers and floats"],
  [0xfc00, 0xfc07, 4, "saturating truncation"],
  [0xfc08, 0xfc0e, 500, "bulk operations: a call into the engine; what they move comes on top"],
  [0xfc0f, 0xfc0f, 20_000, "table.grow: a call into the engine; its elements come on top"],
  [0xfc11, 0xfc11, 500, "table.fill: a call into the engine; its elements come on top"],
  [0xfd00, 0xfdff, 2, "vectors: some take two instructions on older machines"],
  [0xfd62, 0xfd62, 10, "i8x16.popcnt: a sequence"],
  [0xfd6b, 0xfd6d, 10, "shifts of i8x16: a sequence"],
  [0xfdd5, 0xfdd5, 10, "i64x2.mul: a sequence"],
  [0xfde3, 0xfde3, 40, "f32x4.sqrt"],
  [0xfde7, 0xfde7, 40, "f32x4.div"],
  [0xfdef, 0xfdef, 40, "f64x2.sqrt"],
  [0xfdf3, 0xfdf3, 40, "f64x2.div"],
];

const PER_BYTE = 1;
const PER_ELEMENT = 100;

/** Operations whose length is on top of the stack, and the price of each byte of memory or element of a table that they move. */
export const BULK_PRICES: ReadonlyMap<number, number> = new Map([
  [0xfc08, PER_BYTE], // memory.init
  [0xfc0a, PER_BYTE], // memory.copy
  [0xfc0b, PER_BYTE], // memory.fill
  [0xfc0c, PER_ELEMENT], // table.init
  [0xfc0e, PER_ELEMENT], // table.copy
  [0xfc11, PER_ELEMENT], // table.fill
]);

/** Operations that are paid by each page or element that there is afterwards and wasn't there before. */
export const GROW_PRICES: ReadonlyMap<number, number> = new Map([
  [0x40, 65_536 * PER_BYTE], // memory.grow
  [0xfc0f, PER_ELEMENT], // table.grow
]);

/** Host calls: what they are paid by. */
export const HOST_PRICES = {
  /** The crossing itself. */
  perCall: 2_000,
  /** A byte that the host reads, writes, clears or makes up for the program. */
  perByte: 1,
  /** A byte of standard output, standard error or progress, which the host looks at one by one. */
  perSaidByte: 16,
  /** A byte of a path: in the worst case every second one is a directory to look up. */
  perPathByte: 50,
  /** A directory entry or a piece of a scatter list. */
  perEntry: 200,
} as const;
