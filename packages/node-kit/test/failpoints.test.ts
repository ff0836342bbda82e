// Failpoints are armed only in test mode, count their hits, and refuse names that do not exist.
import { describe, expect, it } from "vitest";
import { failpointNames, failpointsFromEnvironment } from "../src/failpoints.ts";

function armed(text: string, mode: string | undefined = "1") {
  const killed: string[] = [];
  const failpoints = failpointsFromEnvironment({ STARLING_FAILPOINTS: text, STARLING_TEST_MODE: mode }, (name) =>
    killed.push(name),
  );
  return { failpoints, killed };
}

describe("failpoints", () => {
  it("do nothing outside test mode, and nothing when none is named", () => {
    for (const { failpoints, killed } of [armed("engine.beforeAppend=kill", "0"), armed("")]) {
      failpoints.hit("engine.beforeAppend");
      expect([failpoints.armed, killed]).toEqual([false, []]);
    }
  });

  it("kill at the hit that is named, once", () => {
    const { failpoints, killed } = armed("engine.beforeAppend=kill@3, effect.sendFrames.after=kill");
    for (let hit = 0; hit < 5; hit += 1) {
      failpoints.hit("engine.beforeAppend");
      if (hit === 1) expect(killed).toEqual([]);
    }
    failpoints.hit("effect.sendFrames.after");
    failpoints.hit("engine.afterAppend");
    expect(killed).toEqual(["engine.beforeAppend", "effect.sendFrames.after"]);
  });

  it.each([
    "engine.beforeApend=kill",
    "engine.beforeAppend=stop",
    "engine.beforeAppend=kill@0",
    "effect.x.during=kill",
    "nonsense",
  ])("refuse %s, so that no test passes because nothing was killed", (text) => {
    expect(() => armed(text)).toThrow("is no failpoint");
  });

  it("are listed", () => {
    expect(failpointNames).toContain("engine.beforeAppend");
    expect(new Set(failpointNames).size).toBe(failpointNames.length);
  });
});
