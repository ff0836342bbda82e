// Whoever passes a turnstile is alone with his turn of the event loop.
import { expect, test } from "vitest";
import { Turnstile } from "../../src/shell/executors/process/turnstile.ts";

test("callers pass in order, and timers and streams have a turn between any two of them", async () => {
  const starts = new Turnstile();
  const seen: string[] = [];
  let isOver = false;
  const turns = (): void => {
    seen.push("loop");
    if (!isOver) setImmediate(turns);
  };
  setImmediate(turns);
  await Promise.all(
    ["first", "second", "third"].map(async (name) => {
      await starts.pass();
      seen.push(name);
    }),
  );
  isOver = true;
  const [first, second, third] = ["first", "second", "third"].map((name) => seen.indexOf(name));
  expect(first).toBeLessThan(second ?? 0);
  expect(second).toBeLessThan(third ?? 0);
  expect(seen.slice(first, second)).toContain("loop");
  expect(seen.slice(second, third)).toContain("loop");
});
