// The machine is measured for real, and told of when it is idle.
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger } from "@starling/node-kit";
import { type Measurements, measures } from "@starling/protocol";
import { expect, onTestFinished, test } from "vitest";
import { checkMeasurements } from "../../src/shell/doctor/measurement-checks.ts";
import { measureMachine } from "../../src/shell/measure/measure-machine.ts";
import { Measuring } from "../../src/shell/measure/measuring.ts";

const logger = createLogger({ level: "silent" });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "starling-measure-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("every measure has a figure, and no file is left behind", async () => {
  const dataDir = folder();
  const figures = await measureMachine({ dataDir, signal: AbortSignal.timeout(60_000) });
  for (const name of measures) expect(figures[name], name).toBeGreaterThan(0);
  expect(Object.values(figures).every(Number.isInteger)).toBe(true);
  expect(readdirSync(dataDir)).toEqual([]);
}, 60_000);

test("a measurement can be stopped, and a disk that can't be written is told", async () => {
  await expect(measureMachine({ dataDir: folder(), signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow();
  const found = await checkMeasurements({ dataDir: join(folder(), "missing") }, AbortSignal.timeout(60_000));
  expect(found).toMatchObject({ check: "measured", status: "warning", message: expect.stringContaining("ENOENT") });
}, 60_000);

interface Told {
  readonly figures: Measurements[];
  readonly measuring: Measuring;
  /** Resolves when it was looked whether the worker is idle so often. */
  looked(times: number): Promise<void>;
}

function measuringWith(
  idle: () => boolean,
  everyMs: number,
  measure = async (): Promise<Measurements> => ({ cpu: 1 }),
): Told {
  const figures: Measurements[] = [];
  const waiting: (() => void)[] = [];
  let looks = 0;
  const isIdle = (): boolean => {
    looks += 1;
    for (const go of waiting) go();
    return idle();
  };
  const measuring = new Measuring({ measure, isIdle, tell: (found) => figures.push(found), logger }, everyMs);
  onTestFinished(() => measuring.stop());
  const looked = async (times: number): Promise<void> => {
    while (looks < times) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { figures, measuring, looked };
}

test("an idle machine is measured at once, and again later", async () => {
  const { figures, measuring, looked } = measuringWith(() => true, 2);
  measuring.start();
  await looked(5);
  await measuring.stop();
  expect(figures.length).toBeGreaterThanOrEqual(2);
});

test("a busy machine is left alone, and what a task disturbed is not told", async () => {
  const busy = measuringWith(() => false, 2);
  busy.measuring.start();
  await busy.looked(1);
  await busy.measuring.stop();
  let looks = 0;
  const disturbed = measuringWith(() => {
    looks += 1;
    return looks === 1;
  }, 2);
  disturbed.measuring.start();
  await disturbed.looked(2);
  await disturbed.measuring.stop();
  expect([busy.figures, disturbed.figures]).toEqual([[], []]);
});

test("an interval of zero measures never, and a failure ends nothing", async () => {
  const never = measuringWith(() => true, 0);
  never.measuring.start();
  await never.measuring.stop();
  expect(never.figures).toEqual([]);
  let fails = true;
  const again = measuringWith(
    () => true,
    2,
    async () => {
      if (fails) {
        fails = false;
        throw new Error("no disk");
      }
      return { disk: 7 };
    },
  );
  again.measuring.start();
  await again.looked(4);
  await again.measuring.stop();
  expect(again.figures[0]).toEqual({ disk: 7 });
});
