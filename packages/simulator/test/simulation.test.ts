// Virtual time: order, bounds and budget.
import { describe, expect, test } from "vitest";
import { EventBudgetError, Simulation } from "../src/simulation.ts";

describe("the event loop", () => {
  test("runs events by time, and those of one moment in the order in which they were scheduled", () => {
    const simulation = new Simulation({ startAt: 1_000, eventsMax: 100 });
    const seen: string[] = [];
    simulation.after(20, () => seen.push(`late at ${simulation.now}`));
    simulation.after(10, () => {
      seen.push(`first at ${simulation.now}`);
      simulation.after(0, () => seen.push("at once, but last of its moment"));
    });
    simulation.after(10, () => seen.push("second"));
    simulation.runUntil(() => false, 2_000);
    expect(seen).toEqual(["first at 1010", "second", "at once, but last of its moment", "late at 1020"]);
    expect(simulation.now).toBe(2_000);
  });

  test("stops as soon as the condition holds, and runs nothing after the deadline", () => {
    const simulation = new Simulation({ startAt: 0, eventsMax: 100 });
    let count = 0;
    for (const delayMs of [1, 2, 3]) simulation.after(delayMs, () => (count += 1));
    expect(simulation.runUntil(() => count === 2, 10)).toBe(true);
    expect(simulation.now).toBe(2);
    expect(simulation.runUntil(() => count === 9, 2)).toBe(false);
    expect(count).toBe(2);
  });

  test("refuses delays that are not whole or go back, and ends what loops", () => {
    const simulation = new Simulation({ startAt: 0, eventsMax: 50 });
    expect(() => simulation.after(-1, () => undefined)).toThrow(/not possible/);
    expect(() => simulation.after(0.5, () => undefined)).toThrow(/not possible/);
    const loop = (): void => simulation.after(0, loop);
    loop();
    expect(() => simulation.runUntil(() => false, 10)).toThrow(EventBudgetError);
  });
});
