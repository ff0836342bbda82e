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
import { SpareWork } from "../../src/shell/measure/spare-work.ts";

const logger = createLogger({ level: "silent" });

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "starling-measure-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

test("every measure has a figure, and no file is left behind", async () => {
  const dataDir = folder();
  const figures = await measureMachine({ dataDir, cores: 2, signal: AbortSignal.timeout(60_000) });
  for (const name of measures) expect(figures[name], name).toBeGreaterThan(0);
  expect(Object.values(figures).every(Number.isInteger)).toBe(true);
  expect(readdirSync(dataDir)).toEqual([]);
}, 60_000);

test("a measurement can be stopped, and a disk that can't be written is told", async () => {
  await expect(
    measureMachine({ dataDir: folder(), cores: 1, signal: AbortSignal.abort(new Error("stop")) }),
  ).rejects.toThrow();
  const found = await checkMeasurements({ dataDir: join(folder(), "missing"), cores: 1 }, AbortSignal.timeout(60_000));
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
  const begin = async (): Promise<boolean> => {
    looks += 1;
    for (const go of waiting) go();
    return idle();
  };
  const tell = async (found: Measurements): Promise<boolean> => figures.push(found) > 0;
  const measuring = new Measuring({ begin, measure, tell, end: () => undefined, logger }, everyMs);
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

test("a busy machine is left alone", async () => {
  const { figures, measuring, looked } = measuringWith(() => false, 2);
  measuring.start();
  await looked(1);
  await measuring.stop();
  expect(figures).toEqual([]);
});

test("what is cut off since the machine is wanted is not told, and given back", async () => {
  const spare = new SpareWork();
  const ended: string[] = [];
  let hasBegun: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    hasBegun = resolve;
  });
  const measuring = new Measuring(
    {
      begin: async () => ended.length === 0,
      measure: (outer) =>
        spare.run(outer, async (signal) => {
          hasBegun();
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          throw new Error("ended");
        }),
      tell: async () => Promise.reject(new Error("told")),
      end: () => ended.push("ended"),
      logger,
    },
    2,
  );
  measuring.start();
  await begun;
  spare.end();
  await measuring.stop();
  expect(ended).toEqual(["ended"]);
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
