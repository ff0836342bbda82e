// Snapshots come after enough facts and bytes, in quiet moments first, and never two at once.
import { describe, expect, it } from "vitest";
import { SnapshotSchedule } from "../../src/engine/snapshot-schedule.ts";

describe("SnapshotSchedule", () => {
  it("waits for facts, for a quiet moment, but not for ever", () => {
    const schedule = new SnapshotSchedule(10);
    schedule.appended(10, 100);
    expect([schedule.isDue(false), schedule.isDue(true)]).toEqual([false, true]);
    schedule.appended(30, 100);
    expect(schedule.isDue(false)).toBe(true);
  });

  it("waits until as many bytes were appended as the last snapshot had", async () => {
    const schedule = new SnapshotSchedule(10);
    schedule.taking(Promise.resolve(1_000));
    await schedule.pending;
    schedule.appended(50, 999);
    expect(schedule.isDue(true)).toBe(false);
    schedule.appended(1, 1);
    expect(schedule.isDue(true)).toBe(true);
  });

  it("takes one at a time", async () => {
    const schedule = new SnapshotSchedule(1);
    let done = (_bytes: number): void => undefined;
    schedule.taking(
      new Promise((resolve) => {
        done = resolve;
      }),
    );
    schedule.appended(100, 100);
    expect(schedule.isDue(true)).toBe(false);
    done(1);
    await schedule.pending;
    expect(schedule.isDue(true)).toBe(true);
  });

  it("counts what a recovery replayed", () => {
    const schedule = new SnapshotSchedule(10);
    schedule.recovered(10);
    expect(schedule.isDue(true)).toBe(true);
  });
});
