// Programs that recurse without end, with native frames as large as the rules allow: for the call-depth limit.
import { assemble, type FunctionSource, i32, indexed, TYPE } from "../../src/shell/executors/wasm/assembler.ts";

const get = (local: number): number[] => indexed(0x20, local);
const set = (local: number): number[] => indexed(0x21, local);
const call = (index: number): number[] => indexed(0x10, index);
const DROP = 0x1a;
const many = (count: number, code: (i: number) => readonly number[]): number[] =>
  Array.from({ length: count }, (_, i) => code(i)).flat();

/** A loop that runs the code so often that the engine optimises it before the recursion starts. */
const warmUp = (code: readonly number[], rounds: number): number[] => [
  ...[...i32(rounds), ...set(0), 0x03, 0x40, ...code],
  ...[...get(0), ...i32(1), 0x6b, 0x22, 0, 0x0d, 0, 0x0b],
];

/**
 * A module whose first function recurses while its first parameter is not zero, so that it can be warmed up with a few
 * levels at a time and then sent down without end.
 */
function recursing(
  body: FunctionSource & { results: readonly number[] },
  argumentsOf: (depth: number) => number[],
): Uint8Array {
  const drops = body.results.map(() => DROP);
  const start: FunctionSource = {
    locals: [TYPE.i32],
    code: [...warmUp([...argumentsOf(3), ...call(0), ...drops], 30_000), ...argumentsOf(-1), ...call(0), ...drops],
  };
  return assemble({ functions: [body, start] });
}

/** Ends the recursion at depth zero, returning these values. */
const base = (values: readonly number[]): number[] => [...get(0), 0x45, 0x04, 0x40, ...values, 0x0f, 0x0b];
const next = [...get(0), ...i32(1), 0x6b];

/** Little per frame. */
export function smallFrames(): Uint8Array {
  const code = [...base(i32(0)), ...next, ...call(0), ...get(0), 0x6a];
  return recursing({ parameters: [TYPE.i32], results: [TYPE.i32], code }, i32);
}

/** Locals that are all alive across the call. */
export function liveLocals(count: number): Uint8Array {
  const { i64, i32: word } = TYPE;
  const fill = many(count, (i) => [...get(0), 0xac, 0x42, i % 64, 0x7c, ...set(i + 1)]);
  const sum = many(count, (i) => [...get(i + 1), 0x7c]);
  const code = [...base([0x42, 0]), ...fill, ...next, ...call(0), ...sum];
  return recursing({ parameters: [word], results: [i64], locals: many(count, () => [i64]), code }, i32);
}

/** Vectors on the operand stack, alive across the call, from the shortest code that makes them. */
export function liveVectors(count: number): Uint8Array {
  const { v128, i32: word } = TYPE;
  const push = [...get(0), 0xfd, 0x11, ...set(1), ...many(count, () => [...get(1), 0xfd, 0x4d])];
  const combine = many(count, () => [0xfd, 0x51]);
  const code = [...base(get(1)), ...push, ...next, ...call(0), ...combine];
  return recursing({ parameters: [word], results: [v128], locals: [v128], code }, i32);
}

/** Results of calls: one short call brings many values. */
export function manyResults(count: number, calls: number): Uint8Array {
  const { v128, i32: word } = TYPE;
  const zero = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  const results = many(count, () => [v128]);
  const body = [
    ...base(many(count, () => zero)),
    ...many(calls, () => [...next, ...call(0)]),
    ...many((calls - 1) * count, () => [DROP]),
  ];
  const drops = many(count, () => [DROP]);
  const start = { code: [...i32(1), ...call(0), ...drops, ...i32(-1), ...call(0), ...drops] };
  return assemble({ functions: [{ parameters: [word], results, code: body }, start] });
}

/** Many parameters, passed on the stack. */
export function manyParameters(count: number): Uint8Array {
  const { v128, i32: word } = TYPE;
  const parameters = [word, ...many(count, () => [v128])];
  const code = [...base(i32(0)), ...next, ...many(count, (i) => get(i + 1)), ...call(0)];
  const zero = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];
  return recursing({ parameters, results: [word], code }, (depth) => [...i32(depth), ...many(count, () => zero)]);
}

/** Through a table, by functions that call each other. */
export function indirect(): Uint8Array {
  const code = [...base(i32(0)), ...next, ...get(0), ...i32(1), 0x71, 0x11, 0, 0, ...get(0), 0x6a];
  const mutual: FunctionSource = { parameters: [TYPE.i32], results: [TYPE.i32], code };
  const start = { code: [...i32(-1), ...call(0), DROP] };
  return assemble({ functions: [mutual, mutual, start], table: [0, 1] });
}

/** Recursion in a function of the largest number of locals. */
export function hugeFrame(): Uint8Array {
  const locals = new Array<number>(49_000).fill(TYPE.v128);
  const code = [...base(i32(0)), ...next, ...call(0)];
  return recursing({ parameters: [TYPE.i32], results: [TYPE.i32], locals, code }, i32);
}
