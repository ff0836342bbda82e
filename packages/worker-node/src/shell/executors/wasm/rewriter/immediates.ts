// Reads opcodes and steps over what follows them.
import { INSTRUCTIONS, type Instruction, PREFIX, type Shape, VALUE_TYPES } from "./opcodes.ts";
import type { Reader } from "./reader.ts";
import { opcodeRefusal, refusal } from "./refusals.ts";

/** The largest natural alignment; the bits above it select other memories, which we don't have. */
const ALIGNMENT_MAX = 4;

const BRANCH_TARGETS_MAX = 1_000_000;

/** Reads an opcode with its prefix, or refuses it by name. */
export function readInstruction(reader: Reader): Instruction {
  const start = reader.position;
  const opcode = reader.byte();
  const known = INSTRUCTIONS.plain.get(opcode);
  if (known !== undefined) return known;
  if (opcode === PREFIX.vector) {
    const second = reader.u32();
    if (second >= 0x100) return reader.fail(`opcode 0xfd ${second}: ${refusal("relaxedVectors")}`, start);
    return INSTRUCTIONS.vector.get(second) ?? reader.fail(`unknown opcode 0xfd ${second}`, start);
  }
  if (opcode === PREFIX.miscellaneous) {
    const second = reader.u32();
    return INSTRUCTIONS.miscellaneous.get(second) ?? reader.fail(`unknown opcode 0xfc ${second}`, start);
  }
  return reader.fail(opcodeRefusal(opcode), start);
}

/** Skips the immediates of an instruction. */
export function skipImmediates(reader: Reader, shape: Shape): void {
  SKIP[shape](reader);
}

/** The number of targets of a `br_table`, its default included. */
export function branchTargets(reader: Reader): number {
  return reader.count(BRANCH_TARGETS_MAX, "branch targets") + 1;
}

/** The index of a block's type; undefined when it has no parameters and at most one result. */
export function readBlockType(reader: Reader): number | undefined {
  const first = reader.bytes[reader.position] ?? 0;
  // A single byte in 0x40..0x7f is "no result" or a value type; everything else is an index into the types.
  if ((first & 0xc0) !== 0x40) return reader.s33();
  reader.byte();
  if (first !== 0x40 && !VALUE_TYPES.has(first)) reader.fail(`unsupported block type 0x${first.toString(16)}`);
  return undefined;
}

/** One of the value types that we take. */
export function readValueType(reader: Reader): number {
  const type = reader.byte();
  if (!VALUE_TYPES.has(type)) reader.fail(`unsupported value type 0x${type.toString(16)}`);
  return type;
}

/** One of the reference types that we take. */
export function readReferenceType(reader: Reader): number {
  const type = reader.byte();
  if (type !== 0x70 && type !== 0x6f) reader.fail("only funcref and externref are supported");
  return type;
}

const index = (reader: Reader): void => void reader.u32();

const SKIP: Readonly<Record<Shape, (reader: Reader) => void>> = {
  none: () => undefined,
  unreachable: () => undefined,
  block: (reader) => void readBlockType(reader),
  loop: (reader) => void readBlockType(reader),
  if: (reader) => void readBlockType(reader),
  else: () => undefined,
  end: () => undefined,
  return: () => undefined,
  branch: index,
  branchIf: index,
  branchTable: (reader) => {
    for (let left = branchTargets(reader); left > 0; left -= 1) reader.u32();
  },
  call: index,
  callIndirect: skipTwoIndices,
  index,
  local: index,
  table: index,
  twoIndices: skipTwoIndices,
  global: index,
  memory: skipMemoryArgument,
  memoryLane: (reader) => {
    skipMemoryArgument(reader);
    reader.skip(1);
  },
  zero: skipMemoryIndex,
  zeroZero: (reader) => {
    skipMemoryIndex(reader);
    skipMemoryIndex(reader);
  },
  indexZero: (reader) => {
    reader.u32();
    skipMemoryIndex(reader);
  },
  i32: (reader) => reader.skipSigned(5),
  i64: (reader) => reader.skipSigned(10),
  f32: (reader) => reader.skip(4),
  f64: (reader) => reader.skip(8),
  bytes16: (reader) => reader.skip(16),
  lane: (reader) => reader.skip(1),
  types: (reader) => {
    for (let left = reader.count(1, "types of a select"); left > 0; left -= 1) readValueType(reader);
  },
  refNull: (reader) => void readReferenceType(reader),
};

function skipTwoIndices(reader: Reader): void {
  reader.u32();
  reader.u32();
}

function skipMemoryArgument(reader: Reader): void {
  if (reader.u32() > ALIGNMENT_MAX) reader.fail(`${refusal("memories")}, or an alignment is too large`);
  reader.u32();
}

function skipMemoryIndex(reader: Reader): void {
  if (reader.byte() !== 0) reader.fail(refusal("memories"));
}
