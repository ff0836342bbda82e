// A daemon's end: by a signal, by the death of its starter, and at once for the impatient.
import { EventEmitter } from "node:events";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { processStopSources, runUntilStopped } from "../src/lifeline.ts";
import { silentLogger } from "../src/logger.ts";
import { type Service, Services } from "../src/services.ts";

function gate(): { readonly passed: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

function daemon(first: Partial<Service> = {}) {
  const signals = new EventEmitter();
  const lifeline = new PassThrough();
  const events: string[] = [];
  const service: Service = {
    name: "part",
    start: async () => void events.push("started"),
    stop: async () => void events.push("stopped"),
    ...first,
  };
  const exits: number[] = [];
  const sources = { signals, lifeline, exit: (code: number) => void exits.push(code) };
  const services = new Services({}, [service]);
  const started = gate();
  const run = (onStopping?: () => Promise<void>) =>
    runUntilStopped(services, {
      logger: silentLogger,
      sources,
      onStarted: started.open,
      ...(onStopping === undefined ? {} : { onStopping }),
    });
  return { signals, lifeline, events, exits, run, started: started.passed };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s stops in order, after what has to be done before", async (signal) => {
  const { signals, events, run, started } = daemon();
  const code = run(async () => void events.push("drained"));
  await started;
  signals.emit(signal);
  expect(await code).toBe(0);
  expect(events).toEqual(["started", "drained", "stopped"]);
  expect(signals.listenerCount(signal)).toBe(0);
});

test("the end of the lifeline stops in order", async () => {
  const { lifeline, events, run, started } = daemon();
  const code = run();
  await started;
  lifeline.end();
  expect(await code).toBe(0);
  expect(events).toEqual(["started", "stopped"]);
});

test("a second signal ends the process at once", async () => {
  const { signals, exits, run, started } = daemon();
  const draining = gate();
  const code = run(() => draining.passed);
  await started;
  signals.emit("SIGTERM");
  signals.emit("SIGINT");
  expect(exits).toEqual([130]);
  draining.open();
  await code;
});

test("a signal during the start gives the start up", async () => {
  const { signals, events, run } = daemon({
    start: ({ signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  const code = run();
  signals.emit("SIGTERM");
  expect(await code).toBe(0);
  expect(events).toEqual([]);
});

test("a part that does not start is thrown, one that does not stop is the exit code", async () => {
  const broken = daemon({ start: () => Promise.reject(new Error("no disk")) });
  await expect(broken.run()).rejects.toThrow("no disk");
  const stuck = daemon({ stop: () => Promise.reject(new Error("stuck")) });
  const code = stuck.run();
  await stuck.started;
  stuck.signals.emit("SIGTERM");
  expect(await code).toBe(1);
});

test("standard input counts only when it is asked for", () => {
  expect(processStopSources({}).lifeline).toBeNull();
  expect(processStopSources({ STARLING_LIFELINE: "stdin" }).lifeline).toBe(process.stdin);
});
