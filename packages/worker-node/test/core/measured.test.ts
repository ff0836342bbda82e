// What the machine was measured to do is told when it changes, and to everybody who is greeted.
import type { Measurements } from "@starling/protocol";
import { expect, test } from "vitest";
import type { WorkerEffect } from "../../src/core/index.ts";
import { coordinator, Driven, otherCoordinator } from "./support.ts";

const told = (effects: readonly WorkerEffect[]) => effects.filter(({ type }) => type === "sendMeasured");
const measured = (driven: Driven, figures: Measurements) =>
  told(driven.effectsOf({ type: "machineMeasured", figures }));

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
