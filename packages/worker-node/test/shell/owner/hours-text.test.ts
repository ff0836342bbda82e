// Hours as people write them.
import { describe, expect, test } from "vitest";
import { minuteOfWeek, parseHours } from "../../../src/shell/owner/hours-text.ts";

const day = 24 * 60;

describe("hours", () => {
  test.each([
    ["Mon 08:00-10:30", [{ from: 480, to: 630 }]],
    [
      "Tue-Wed 00:00-24:00",
      [
        { from: day, to: 2 * day },
        { from: 2 * day, to: 3 * day },
      ],
    ],
    // A night belongs to the day on which it begins, and the last one to two weeks.
    ["Sun 22:00-06:00", [{ from: 6 * day + 1_320, to: 360 }]],
    [
      "sat-sun",
      [
        { from: 5 * day, to: 6 * day },
        { from: 6 * day, to: 0 },
      ],
    ],
    [
      "Sun-Mon 01:00-02:00",
      [
        { from: 6 * day + 60, to: 6 * day + 120 },
        { from: 60, to: 120 },
      ],
    ],
  ])("%s", (text, spans) => {
    expect(parseHours(text)).toEqual({ ok: true, value: spans });
  });

  test("without a day are of every day", () => {
    const found = parseHours("12:00-13:00");
    expect(found.ok && found.value).toHaveLength(7);
  });

  test.each([
    "",
    "Mon-",
    "Xyz 10:00-11:00",
    "10-11",
    "24:00-01:00",
    "09:00-09:00",
    "Mon 25:00-26:00",
    "Mon 09:60-10:00",
  ])("%j is none", (text) => {
    expect(parseHours(text)).toMatchObject({ ok: false });
  });

  test("are of the local week, which begins on Monday", () => {
    // Whatever zone the machine is in.
    expect(minuteOfWeek(new Date(2026, 10, 23, 0, 0).getTime())).toBe(0);
    expect(minuteOfWeek(new Date(2026, 10, 22, 23, 59).getTime())).toBe(7 * day - 1);
    expect(minuteOfWeek(new Date(2026, 10, 25, 10, 30).getTime())).toBe(2 * day + 630);
  });
});
