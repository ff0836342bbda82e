// Whoever only greets and hangs up is tried less and less often, and a stranger is forgotten for a while.
import { describe, expect, test } from "vitest";
import { AvoidedPeers, Patience } from "../../src/shell/patience.ts";

const useless = { useful: false, refused: false };

describe("patience", () => {
  test("with a stranger that is of no use ends, each wait longer than the one before", () => {
    const patience = new Patience(true);
    const waits = Array.from({ length: 5 }, () => patience.after(useless));
    expect(waits).toEqual([200, 400, 800, 1_600, null]);
  });

  test("with a coordinator that somebody vouches for never ends, but does not hurry", () => {
    const patience = new Patience(false);
    const waits = Array.from({ length: 20 }, () => patience.after(useless));
    expect(waits.at(-1)).toBe(5_000);
  });

  test("begins anew after a link that was of use, and waits longer after a refusal", () => {
    const patience = new Patience(true);
    for (let i = 0; i < 4; i += 1) patience.after(useless);
    expect(patience.after({ useful: true, refused: false })).toBe(200);
    expect(patience.after({ useful: false, refused: true })).toBe(15_000);
  });
});

describe("peers that were given up", () => {
  test("are avoided for longer each time, until they are of use", () => {
    const avoided = new AvoidedPeers();
    avoided.add("a", 0);
    expect([avoided.has("a", 29_999), avoided.has("a", 30_000), avoided.has("b", 0)]).toEqual([true, false, false]);
    avoided.add("a", 30_000);
    expect([avoided.has("a", 89_999), avoided.has("a", 90_000)]).toEqual([true, false]);
    for (let i = 0; i < 20; i += 1) avoided.add("a", 90_000);
    expect(avoided.has("a", 90_000 + 2 * 60_000)).toBe(false);
    avoided.delete("a");
    expect(avoided.has("a", 90_000)).toBe(false);
  });

  test("are bounded in number", () => {
    const avoided = new AvoidedPeers();
    for (let i = 0; i < 2_000; i += 1) avoided.add(`peer-${i}`, 0);
    expect([avoided.has("peer-0", 0), avoided.has("peer-1999", 0)]).toEqual([false, true]);
  });
});
