// A multilayer perceptron with one hidden layer: 64 pixels, 32 rectified units, 10 classes. Plain loops in a fixed order,
// so that every rounding is the same everywhere.
import { CLASSES, Digits, PIXELS } from "./digits";
import { Random } from "./random";

export const HIDDEN: i32 = 32;
const MAGIC: u32 = 0x31504c4d; // "MLP1"
const HEADER_BYTES: i32 = 16;

/** What an evaluation found. */
export class Score {
  constructor(
    public rows: i32,
    public correct: i32,
    public loss: f64,
  ) {}
}

export class Model {
  // Pixel by pixel: the weights of all units to one pixel, then those to the next, so that units can be computed side by side.
  first: StaticArray<f32> = new StaticArray<f32>(HIDDEN * PIXELS);
  firstBias: StaticArray<f32> = new StaticArray<f32>(HIDDEN);
  second: StaticArray<f32> = new StaticArray<f32>(CLASSES * HIDDEN);
  secondBias: StaticArray<f32> = new StaticArray<f32>(CLASSES);
  /** Activations of the last image, kept for the backward step. */
  hidden: StaticArray<f32> = new StaticArray<f32>(HIDDEN);
  probabilities: StaticArray<f32> = new StaticArray<f32>(CLASSES);
  private delta: StaticArray<f32> = new StaticArray<f32>(HIDDEN);

  /** Random weights, scaled so that activations neither vanish nor explode. */
  initialise(random: Random): void {
    const firstLimit: f32 = Mathf.sqrt(6.0 / <f32>PIXELS);
    for (let i = 0; i < this.first.length; i += 1) this.first[transposed(i)] = random.around(firstLimit);
    const secondLimit: f32 = Mathf.sqrt(6.0 / <f32>(HIDDEN + CLASSES));
    for (let i = 0; i < this.second.length; i += 1) this.second[i] = random.around(secondLimit);
  }

  /** Computes the class probabilities of one image. */
  forward(digits: Digits, row: i32): void {
    const image = row * PIXELS;
    const pixels = changetype<usize>(digits.pixels) + 4 * image;
    const weights = changetype<usize>(this.first);
    const hidden = changetype<usize>(this.hidden);
    const zero = f32x4.splat(0);
    // Eight units side by side: each sum keeps its order, so that its rounding is that of a plain loop.
    for (let unit: usize = 0; unit < <usize>(4 * HIDDEN); unit += 32) {
      let low = v128.load(changetype<usize>(this.firstBias) + unit);
      let high = v128.load(changetype<usize>(this.firstBias) + unit, 16);
      for (let i = 0; i < PIXELS; i += 1) {
        const pixel = v128.load_splat<f32>(pixels + <usize>(4 * i));
        const at = weights + <usize>(4 * HIDDEN * i) + unit;
        low = f32x4.add(low, f32x4.mul(v128.load(at), pixel));
        high = f32x4.add(high, f32x4.mul(v128.load(at, 16), pixel));
      }
      v128.store(hidden + unit, v128.bitselect(low, zero, f32x4.gt(low, zero)));
      v128.store(hidden + unit, v128.bitselect(high, zero, f32x4.gt(high, zero)), 16);
    }
    let largest: f32 = -Infinity;
    for (let kind = 0; kind < CLASSES; kind += 1) {
      let sum = unchecked(this.secondBias[kind]);
      for (let unit = 0; unit < HIDDEN; unit += 1) {
        sum += unchecked(this.second[kind * HIDDEN + unit]) * unchecked(this.hidden[unit]);
      }
      unchecked((this.probabilities[kind] = sum));
      if (sum > largest) largest = sum;
    }
    // The largest is subtracted first, so that no exponential overflows.
    let total: f32 = 0;
    for (let kind = 0; kind < CLASSES; kind += 1) {
      const power = Mathf.exp(unchecked(this.probabilities[kind]) - largest);
      unchecked((this.probabilities[kind] = power));
      total += power;
    }
    for (let kind = 0; kind < CLASSES; kind += 1) unchecked((this.probabilities[kind] /= total));
  }

  /** One step of gradient descent on one image; returns its loss before the step. */
  learn(digits: Digits, row: i32, rate: f32, l2: f32): f32 {
    this.forward(digits, row);
    const label = <i32>digits.labels[row];
    const loss = -Mathf.log(Mathf.max(unchecked(this.probabilities[label]), 1e-12));
    const keep: f32 = 1.0 - rate * l2;
    for (let unit = 0; unit < HIDDEN; unit += 1) unchecked((this.delta[unit] = 0));
    for (let kind = 0; kind < CLASSES; kind += 1) {
      const error = unchecked(this.probabilities[kind]) - (kind == label ? <f32>1.0 : <f32>0.0);
      const step = rate * error;
      for (let unit = 0; unit < HIDDEN; unit += 1) {
        const at = kind * HIDDEN + unit;
        const weight = unchecked(this.second[at]);
        unchecked((this.delta[unit] += error * weight));
        unchecked((this.second[at] = weight * keep - step * this.hidden[unit]));
      }
      unchecked((this.secondBias[kind] -= step));
    }
    for (let unit = 0; unit < HIDDEN; unit += 1) {
      const step = unchecked(this.hidden[unit]) > 0 ? rate * unchecked(this.delta[unit]) : <f32>0.0;
      unchecked((this.delta[unit] = step));
      unchecked((this.firstBias[unit] -= step));
    }
    this.descend(changetype<usize>(digits.pixels) + 4 * row * PIXELS, keep);
    return loss;
  }

  // `weight = weight * keep - step * pixel` for all units and the pixels of one image, four at a time; each is rounded as if alone.
  private descend(image: usize, keep: f32): void {
    const keeps = f32x4.splat(keep);
    const steps = changetype<usize>(this.delta);
    let at = changetype<usize>(this.first);
    for (let i = 0; i < PIXELS; i += 1) {
      const pixel = v128.load_splat<f32>(image + <usize>(4 * i));
      for (let unit: usize = 0; unit < <usize>(4 * HIDDEN); unit += 16) {
        const change = f32x4.mul(v128.load(steps + unit), pixel);
        v128.store(at, f32x4.sub(f32x4.mul(v128.load(at), keeps), change));
        at += 16;
      }
    }
  }

  /** Accuracy and mean loss over some rows; of equal probabilities the smaller class counts. */
  evaluate(digits: Digits, rows: StaticArray<i32>): Score {
    let correct = 0;
    let loss: f64 = 0;
    for (let i = 0; i < rows.length; i += 1) {
      this.forward(digits, rows[i]);
      const label = <i32>digits.labels[rows[i]];
      let best = 0;
      for (let kind = 1; kind < CLASSES; kind += 1) {
        if (this.probabilities[kind] > this.probabilities[best]) best = kind;
      }
      if (best == label) correct += 1;
      loss -= Math.log(Math.max(<f64>this.probabilities[label], 1e-12));
    }
    return new Score(rows.length, correct, loss / <f64>rows.length);
  }

  /** The weights as bytes: a header of four numbers, then all weights, little-endian. */
  encode(): ArrayBuffer {
    const buffer = new ArrayBuffer(modelBytes());
    const at = changetype<usize>(buffer);
    store<u32>(at, MAGIC);
    store<u32>(at, PIXELS, 4);
    store<u32>(at, HIDDEN, 8);
    store<u32>(at, CLASSES, 12);
    let to = at + HEADER_BYTES;
    for (let i = 0; i < this.first.length; i += 1) store<f32>(to + <usize>(4 * i), this.first[transposed(i)]);
    to += <usize>(4 * this.first.length);
    to = copy(this.firstBias, to);
    to = copy(this.second, to);
    copy(this.secondBias, to);
    return buffer;
  }

  /** The inverse of `encode`; false when the bytes are no model of this shape. */
  decode(buffer: ArrayBuffer): bool {
    const at = changetype<usize>(buffer);
    if (buffer.byteLength != modelBytes() || load<u32>(at) != MAGIC) return false;
    if (load<u32>(at, 4) != PIXELS || load<u32>(at, 8) != HIDDEN || load<u32>(at, 12) != CLASSES) return false;
    let from = at + HEADER_BYTES;
    for (let i = 0; i < this.first.length; i += 1) this.first[transposed(i)] = load<f32>(from + <usize>(4 * i));
    from += <usize>(4 * this.first.length);
    from = fill(this.firstBias, from);
    from = fill(this.second, from);
    fill(this.secondBias, from);
    return true;
  }
}

/** Where a weight lies here that stands at `index` in a file, which has the weights of a unit side by side. */
function transposed(index: i32): i32 {
  return (index % PIXELS) * HIDDEN + index / PIXELS;
}

function modelBytes(): i32 {
  return HEADER_BYTES + 4 * (HIDDEN * PIXELS + HIDDEN + CLASSES * HIDDEN + CLASSES);
}

function copy(weights: StaticArray<f32>, to: usize): usize {
  memory.copy(to, changetype<usize>(weights), 4 * weights.length);
  return to + 4 * weights.length;
}

function fill(weights: StaticArray<f32>, from: usize): usize {
  memory.copy(changetype<usize>(weights), from, 4 * weights.length);
  return from + 4 * weights.length;
}
