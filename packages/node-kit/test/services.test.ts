// Parts start in order, stop in reverse, and one that hangs or fails does not hold up the others.
import { describe, expect, it } from "vitest";
import { type Service, ServiceError, Services } from "../src/services.ts";
import { ManualClock } from "./manual-clock.ts";

function setup(overrides: readonly Partial<Service>[] = []) {
  const log: string[] = [];
  const clock = new ManualClock(0);
  const parts = ["journal", "network", "api"].map((name, index): Service => {
    return {
      name,
      start: async () => void log.push(`start ${name}`),
      stop: async () => void log.push(`stop ${name}`),
      ...overrides[index],
    };
  });
  return { log, clock, services: new Services({ clock }, parts) };
}

const never = (): Promise<never> => new Promise(() => undefined);
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("services", () => {
  it("start in order and stop in reverse, once", async () => {
    const { services, log, clock } = setup();
    await services.start();
    expect(await services.stop()).toEqual([]);
    await services.stop();
    expect(log).toEqual(["start journal", "start network", "start api", "stop api", "stop network", "stop journal"]);
    expect(clock.timers).toBe(0);
  });

  it("stop those before the one that fails to start", async () => {
    const start = async (): Promise<void> => {
      throw new Error("port 4001 is taken");
    };
    const { services, log } = setup([{}, { start }]);
    await expect(services.start()).rejects.toThrow("network did not start: port 4001 is taken");
    expect(log).toEqual(["start journal", "stop journal"]);
  });

  it("give up one that does not start in time, and tell it", async () => {
    let aborted = false;
    const start: Service["start"] = ({ signal }) => {
      signal.addEventListener("abort", () => {
        aborted = true;
      });
      return never();
    };
    const { services, clock, log } = setup([{}, { start, startMs: 100 }]);
    const starting = expect(services.start()).rejects.toThrow("network did not start within 100 ms");
    await settle();
    clock.advance(100);
    await starting;
    expect([aborted, log.at(-1)]).toEqual([true, "stop journal"]);
  });

  it("go on stopping when one hangs and another fails", async () => {
    const fail = async (): Promise<void> => {
      throw new Error("broken pipe");
    };
    const { services, clock, log } = setup([{}, { stop: never, stopMs: 50 }, { stop: fail }]);
    await services.start();
    const stopping = services.stop();
    await settle();
    clock.advance(50);
    const failures = await stopping;
    expect(failures.map((failure: ServiceError) => failure.message)).toEqual([
      "api did not stop: broken pipe",
      "network did not stop within 50 ms",
    ]);
    expect(failures.every((failure) => failure instanceof ServiceError)).toBe(true);
    expect(log.at(-1)).toBe("stop journal");
  });

  it("stop in the middle of starting", async () => {
    const { services, log } = setup([
      {},
      {
        start: ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("given up")))),
      },
    ]);
    const starting = expect(services.start()).rejects.toThrow("given up");
    await settle();
    await services.stop();
    await starting;
    expect(log).toEqual(["start journal", "stop journal"]);
  });
});
