// One task of the sweep: trains a classifier with the given configuration and scores it on the validation rows.
import { fixed } from "../../assembly/text";
import { args, fail, openForWriting, write, writeFile } from "../../assembly/wasi";
import { readDigits, TRAINING, VALIDATION } from "./digits";
import { Model } from "./model";
import { Random } from "./random";

const EPOCHS: i32 = 12;
/** The learning rate falls to this part of its start, so that the last epochs settle. */
const FINAL_RATE: f32 = 0.1;

let lr: f64 = NaN;
let l2: f64 = NaN;
let seed: f64 = NaN;

export function _start(): void {
  readArguments();
  const digits = readDigits();
  const random = new Random(<u64>seed);
  const model = new Model();
  model.initialise(random);
  const progress = openForWriting("progress");
  const order = digits.parts[TRAINING];
  for (let epoch = 0; epoch < EPOCHS; epoch += 1) {
    shuffle(order, random);
    const rate = <f32>lr * (1.0 - (1.0 - FINAL_RATE) * (<f32>epoch / <f32>(EPOCHS - 1)));
    let loss: f64 = 0;
    for (let i = 0; i < order.length; i += 1) loss += <f64>model.learn(digits, order[i], rate, <f32>l2);
    report(progress, epoch + 1, loss / <f64>order.length);
  }
  const score = model.evaluate(digits, digits.parts[VALIDATION]);
  // A diverged model has no loss that could be compared.
  if (!isFinite(score.loss)) fail("the training diverged: take a smaller --lr");
  const accuracy = <f64>score.correct / <f64>score.rows;
  const json =
    '{"lr":' + fixed(lr, 6) + ',"l2":' + fixed(l2, 6) + ',"seed":' + fixed(seed, 0) +
    ',"epochs":' + EPOCHS.toString() + ',"trainingRows":' + order.length.toString() +
    ',"validationRows":' + score.rows.toString() + ',"validationCorrect":' + score.correct.toString() +
    ',"validationAccuracy":' + fixed(accuracy, 6) + ',"validationLoss":' + fixed(score.loss, 6) + "}\n";
  writeFile("out/metrics.json", String.UTF8.encode(json));
  writeFile("out/model.bin", model.encode());
}

function readArguments(): void {
  const list = args();
  for (let i = 0; i < list.length; i += 2) {
    if (i + 1 >= list.length) fail("the argument " + list[i] + " has no value");
    const value = parseFloat(list[i + 1]);
    if (list[i] == "--lr") lr = value;
    else if (list[i] == "--l2") l2 = value;
    else if (list[i] == "--seed") seed = value;
    else fail("unknown argument " + list[i] + ": use --lr, --l2 and --seed");
  }
  // Written so that NaN, what a missing or malformed number is, fails.
  if (!(lr > 0 && lr <= 1)) fail("--lr must be above 0 and at most 1");
  if (!(l2 >= 0 && l2 <= 0.1)) fail("--l2 must be between 0 and 0.1");
  if (!(seed >= 0 && seed <= 1e9 && Math.floor(seed) == seed)) fail("--seed must be an integer between 0 and 10^9");
}

function shuffle(rows: StaticArray<i32>, random: Random): void {
  for (let i = rows.length - 1; i > 0; i -= 1) {
    const j = random.below(i + 1);
    const row = rows[i];
    rows[i] = rows[j];
    rows[j] = row;
  }
}

function report(descriptor: u32, done: i32, loss: f64): void {
  const line = '{"done":' + done.toString() + ',"total":' + EPOCHS.toString() + ',"metric":' + fixed(loss, 6) + "}\n";
  write(descriptor, String.UTF8.encode(line));
}
