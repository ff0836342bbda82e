// The same training in double precision, with the gradients written out: `node examples/shards-torch/reference.ts`.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const INPUTS = 64;
const HIDDEN = 32;
const CLASSES = 10;
const BATCH = 32;
const RATE = 0.1;
const MOMENTUM = 0.9;

/** Numbers of the model, in this order: weights and biases of the first layer, then of the second. */
const SHAPE = [HIDDEN * INPUTS, HIDDEN, CLASSES * HIDDEN, CLASSES] as const;
const FIRST_BIAS = SHAPE[0];
const SECOND = FIRST_BIAS + SHAPE[1];
const SECOND_BIAS = SECOND + SHAPE[2];

/** An image and what it shows. */
interface Row {
  readonly pixels: readonly number[];
  readonly digit: number;
}

/** All rows, in the order of the file. */
export function readRows(): readonly Row[] {
  const text = readFileSync(join(import.meta.dirname, "../digits-sweep/digits.csv"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const numbers = line.split(",").map(Number);
      return { pixels: numbers.slice(0, INPUTS).map((pixel) => pixel / 16), digit: numbers.at(-1) ?? 0 };
    });
}

/** The model after some steps on every `of`th row. */
export function train(
  rows: readonly Row[],
  { shard, of, steps }: { shard: number; of: number; steps: number },
): Float64Array {
  const own = rows.filter((_, index) => index % of === shard);
  const model = firstModel();
  const velocity = new Float64Array(model.length);
  for (let step = 0; step < steps; step += 1) {
    const gradient = new Float64Array(model.length);
    for (let i = 0; i < BATCH; i += 1) addGradient(model, own[(step * BATCH + i) % own.length], gradient);
    for (let i = 0; i < model.length; i += 1) {
      velocity[i] = MOMENTUM * at(velocity, i) + at(gradient, i) / BATCH;
      model[i] = at(model, i) - RATE * at(velocity, i);
    }
  }
  return model;
}

/** How many rows the model classifies right. */
export function countRight(model: ArrayLike<number>, rows: readonly Row[]): number {
  return rows.filter((row) => {
    const { scores } = forward(model, row);
    return scores.indexOf(Math.max(...scores)) === row.digit;
  }).length;
}

function firstModel(): Float64Array {
  const numbers = SHAPE.flatMap((length) =>
    Array.from({ length }, (_, place) => {
      const drawn = Number((BigInt(place + 1) * 2_654_435_761n) % 2n ** 32n);
      return Math.fround((drawn / 2 ** 32 - 0.5) * 0.4);
    }),
  );
  return Float64Array.from(numbers);
}

function forward(model: ArrayLike<number>, { pixels }: Row): { readonly units: number[]; readonly scores: number[] } {
  const units = Array.from({ length: HIDDEN }, (_, unit) => {
    const sum = pixels.reduce(
      (total, pixel, i) => total + pixel * at(model, unit * INPUTS + i),
      at(model, FIRST_BIAS + unit),
    );
    return Math.max(sum, 0);
  });
  const scores = Array.from({ length: CLASSES }, (_, digit) =>
    units.reduce(
      (total, value, i) => total + value * at(model, SECOND + digit * HIDDEN + i),
      at(model, SECOND_BIAS + digit),
    ),
  );
  return { units, scores };
}

function addGradient(model: Float64Array, row: Row | undefined, gradient: Float64Array): void {
  if (row === undefined) return;
  const { units, scores } = forward(model, row);
  const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const total = powers.reduce((sum, power) => sum + power, 0);
  const errors = powers.map((power, digit) => power / total - (digit === row.digit ? 1 : 0));
  for (const [digit, error] of errors.entries()) {
    increase(gradient, SECOND_BIAS + digit, error);
    for (const [i, value] of units.entries()) increase(gradient, SECOND + digit * HIDDEN + i, error * value);
  }
  for (const [unit, value] of units.entries()) {
    if (value <= 0) continue;
    const back = errors.reduce((sum, error, digit) => sum + error * at(model, SECOND + digit * HIDDEN + unit), 0);
    increase(gradient, FIRST_BIAS + unit, back);
    for (const [i, pixel] of row.pixels.entries()) increase(gradient, unit * INPUTS + i, back * pixel);
  }
}

function increase(numbers: Float64Array, place: number, by: number): void {
  numbers[place] = at(numbers, place) + by;
}

function at(numbers: ArrayLike<number>, place: number): number {
  return numbers[place] ?? 0;
}

function main(): void {
  const rows = readRows();
  const models = [0, 1, 2, 3].map((shard) => train(rows, { shard, of: 4, steps: 200 }));
  const average = Float64Array.from(
    models[0] ?? [],
    (_, i) => models.reduce((sum, model) => sum + at(model, i), 0) / models.length,
  );
  for (const model of [...models, average])
    process.stdout.write(`${countRight(model, rows)} of ${rows.length} right\n`);
}

if (import.meta.main) main();
