// The model written out as sums and products: what an engine should give, up to rounding.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LAYERS, type Weights } from "./onnx.ts";

type Round = (value: number) => number;

/** Probabilities of all images one after another. `round` is applied to every intermediate number; none means double precision. */
export function referenceProbabilities(weights: Weights, round: Round = (value) => value): Float32Array {
  const [inputs, hidden, outputs] = LAYERS;
  const text = readFileSync(join(import.meta.dirname, "../digits-sweep/digits.csv"), "utf8");
  const images = text
    .trim()
    .split("\n")
    .map((line) => line.split(",").slice(0, inputs));
  const rows = images.flatMap((image) => {
    const pixels = image.map((pixel) => Number(pixel) / 16);
    const sums = layer(pixels, { weights: weights.first, bias: weights.firstBias, units: hidden }, round);
    const units = sums.map((sum) => Math.max(sum, 0));
    const scores = layer(units, { weights: weights.second, bias: weights.secondBias, units: outputs }, round);
    const largest = Math.max(...scores);
    const powers = scores.map((score) => round(Math.exp(round(score - largest))));
    const total = powers.reduce((sum, power) => round(sum + power), 0);
    return powers.map((power) => power / total);
  });
  return Float32Array.from(rows);
}

interface Layer {
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  readonly units: number;
}

function layer(values: readonly number[], { weights, bias, units }: Layer, round: Round): readonly number[] {
  return Array.from({ length: units }, (_, unit) =>
    values.reduce(
      (sum, value, index) => round(sum + round(value * (weights[unit * values.length + index] ?? 0))),
      bias[unit] ?? 0,
    ),
  );
}

/** The same weights with eight bits of precision, as somebody would have them who saves work. */
export function cheapened({ first, firstBias, second, secondBias }: Weights): Weights {
  const cut = (weights: Float32Array): Float32Array => {
    const bits = new Uint32Array(weights.slice().buffer).map((word) => word & 0xffff0000);
    return new Float32Array(bits.buffer);
  };
  return { first: cut(first), firstBias: cut(firstBias), second: cut(second), secondBias: cut(secondBias) };
}
