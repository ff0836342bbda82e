// A life cycle allows what its table says, refuses the rest, and draws itself.
import { describe, expect, it } from "vitest";
import { canFollow, isTerminal, type Lifecycle, toMermaid, transition } from "../src/index.ts";

type Light = "red" | "green" | "broken";
const light: Lifecycle<Light> = {
  name: "light",
  initial: "red",
  table: { red: ["green", "broken"], green: ["red", "broken"], broken: [] },
};

describe("a life cycle", () => {
  it("returns the new state when the table allows it", () => {
    expect(transition(light, "red", "green")).toBe("green");
    expect(canFollow(light, "green", "red")).toBe(true);
  });

  it("asserts against every other change, the null change among them", () => {
    expect(() => transition(light, "broken", "red")).toThrow("light: broken -> red is not a transition");
    expect(() => transition(light, "red", "red")).toThrow("not a transition");
  });

  it("knows its ends", () => {
    expect([isTerminal(light, "broken"), isTerminal(light, "red")]).toEqual([true, false]);
  });

  it("draws itself", () => {
    expect(toMermaid(light).split("\n")).toEqual([
      "stateDiagram-v2",
      "  [*] --> red",
      "  red --> green",
      "  red --> broken",
      "  green --> red",
      "  green --> broken",
      "  broken --> [*]",
    ]);
  });
});
