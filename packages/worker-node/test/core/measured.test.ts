// What the machine was measured to do is told when it changes, and to everybody who is greeted.
import type { Measurements } from "@starling/protocol";
import { expect, test } from "vitest";
import type { WorkerEffect } from "../../src/core/index.ts";
import { coordinator, Driven, lease, otherCoordinator } from "./support.ts";

const told = (effects: readonly WorkerEffect[]) => effects.filter(({ type }) => type === "sendMeasured");
const measured = (driven: Driven, figures: Measurements) => {
  expect(driven.input({ type: "measurementWanted" }).ok).toBe(true);
  return told(driven.effectsOf({ type: "machineMeasured", figures }));
};

test("a change of a bucket is told to every coordinator, and nothing else is", () => {
  const driven = new Driven();
  driven.connect(coordinator);
  driven.connect(otherCoordinator, "s2");
  expect(measured(driven, { cpu: 300, disk: 90 })).toEqual([
    { type: "sendMeasured", coordinator, measured: { cpu: 256, disk: 64 } },
    { type: "sendMeasured", coordinator: otherCoordinator, measured: { cpu: 256, disk: 64 } },
  ]);
  expect(measured(driven, { cpu: 200, disk: 150 })).toEqual([]);
  expect(measured(driven, { cpu: 1_200 })).toMatchObject([{ measured: { cpu: 1_024, disk: 64 } }, {}]);
});

test("whoever is greeted later hears it too; before the first measurement there is nothing to say", () => {
  const driven = new Driven();
  expect(told(driven.connect(coordinator))).toEqual([]);
  measured(driven, { matrix: 600 });
  expect(told(driven.connect(otherCoordinator, "s2"))).toEqual([
    { type: "sendMeasured", coordinator: otherCoordinator, measured: { matrix: 512 } },
  ]);
});

test("figures that nobody asked for, or that a task disturbed, are not told", () => {
  const driven = new Driven();
  driven.connect();
  driven.allot(1_000n);
  expect(driven.input({ type: "machineMeasured", figures: { cpu: 300 } })).toMatchObject({ code: "disturbed" });
  driven.input({ type: "measurementWanted" });
  expect(driven.input({ type: "measurementWanted" })).toMatchObject({ code: "busy" });
  const effects = driven.lease([lease("a")]).map(({ type }) => type);
  expect(effects.indexOf("endSpareWork")).toBeGreaterThanOrEqual(0);
  expect(effects.indexOf("endSpareWork")).toBeLessThan(effects.indexOf("runLease"));
  expect(driven.input({ type: "machineMeasured", figures: { cpu: 300 } })).toMatchObject({ code: "disturbed" });
  expect(driven.input({ type: "measurementWanted" })).toMatchObject({ code: "busy" });
  driven.finish(lease("a"));
  expect(driven.input({ type: "measurementWanted" }).ok).toBe(true);
  driven.input({ type: "measurementEnded" });
  expect(driven.input({ type: "measurementWanted" }).ok).toBe(true);
});
