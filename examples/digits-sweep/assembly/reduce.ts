// Picks the best task by what it reached on the validation rows, and only then looks at the test rows.
import { fixed, numberOf } from "../../assembly/text";
import { fail, readFile, writeFile } from "../../assembly/wasi";
import { readDigits, TEST, VALIDATION } from "./digits";
import { Model } from "./model";

const TASKS_MAX: i32 = 100_000;

export function _start(): void {
  let best = -1;
  let bestMetrics = "";
  let tasks = 0;
  for (; tasks < TASKS_MAX; tasks += 1) {
    const file = readFile("in/metrics/" + tasks.toString());
    if (file === null) break;
    const metrics = String.UTF8.decode(changetype<ArrayBuffer>(file));
    if (isNaN(numberOf(metrics, "validationCorrect")) || isNaN(numberOf(metrics, "validationLoss"))) {
      fail("metrics of task " + tasks.toString() + " are malformed");
    }
    if (best >= 0 && !isBetter(metrics, bestMetrics)) continue;
    best = tasks;
    bestMetrics = metrics;
  }
  if (best < 0) fail("there are no metrics of any task");
  const digits = readDigits();
  const model = new Model();
  const file = readFile("in/model/" + best.toString());
  if (file === null || !model.decode(changetype<ArrayBuffer>(file))) {
    fail("the model of task " + best.toString() + " is missing or malformed");
  }
  // What the task claims about its model must be what the model does.
  const validation = model.evaluate(digits, digits.parts[VALIDATION]);
  if (validation.correct != <i32>numberOf(bestMetrics, "validationCorrect")) {
    fail("the model of task " + best.toString() + " does not do what its metrics say");
  }
  const test = model.evaluate(digits, digits.parts[TEST]);
  const json =
    '{"task":' + best.toString() + ',"tasks":' + tasks.toString() +
    ',"lr":' + fixed(numberOf(bestMetrics, "lr"), 6) + ',"l2":' + fixed(numberOf(bestMetrics, "l2"), 6) +
    ',"seed":' + fixed(numberOf(bestMetrics, "seed"), 0) +
    ',"validationAccuracy":' + fixed(<f64>validation.correct / <f64>validation.rows, 6) +
    ',"validationLoss":' + fixed(validation.loss, 6) +
    ',"testRows":' + test.rows.toString() + ',"testCorrect":' + test.correct.toString() +
    ',"testAccuracy":' + fixed(<f64>test.correct / <f64>test.rows, 6) + ',"testLoss":' + fixed(test.loss, 6) + "}\n";
  writeFile("out/best.json", String.UTF8.encode(json));
}

// More correct answers, then a lower loss; of equal ones the earlier task stays.
function isBetter(metrics: string, than: string): bool {
  const correct = numberOf(metrics, "validationCorrect") - numberOf(than, "validationCorrect");
  if (correct != 0) return correct > 0;
  return numberOf(metrics, "validationLoss") < numberOf(than, "validationLoss");
}
