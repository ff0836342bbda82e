// The virtual streams really lose, repeat, reorder and break, and only when they are told to.
import { describe, expect, test } from "vitest";
import type { FaultPlan } from "../../src/fault-plan.ts";
import { VirtualLink } from "../../src/world/virtual-network.ts";
import type { Frame } from "../../src/world/wire.ts";
import { bareWorld } from "./faults.ts";

const FRAMES = 500;

function frameOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

function numberOf(frame: Frame): number {
  return frame instanceof Uint8Array ? new DataView(frame.buffer).getUint32(0) : -1;
}

function linkWith(plan: Partial<FaultPlan>, isUp = { value: true }) {
  const world = bareWorld(plan);
  const arrived: number[] = [];
  const told: string[] = [];
  const link = new VirtualLink(
    "w",
    {
      canOpen: () => isUp.value,
      greeting: () => "hello",
      greeted: (session, greeting) => told.push(`greeted ${session} ${String(greeting)}`),
      connected: (session) => told.push(`connected ${session}`),
      toCoordinator: (_session, frame) => arrived.push(numberOf(frame)),
      toWorker: () => undefined,
      goneForCoordinator: (session) => told.push(`coordinator lost ${session}`),
      goneForWorker: (session) => told.push(`worker lost ${session}`),
    },
    world,
  );
  const pass = (ms: number): void => void world.simulation.runUntil(() => false, world.simulation.now + ms);
  link.dial();
  pass(2_000);
  const sendAll = (): void => {
    for (let i = 0; i < FRAMES; i += 1) {
      link.send("up", frameOf(i));
      pass(5);
    }
    pass(60_000);
  };
  return { ...world, link, arrived, told, pass, sendAll };
}

const inOrder = (frames: readonly number[]): boolean =>
  frames.every((frame, i) => i === 0 || frame > (frames[i - 1] ?? -1));

describe("a stream without faults", () => {
  test("greets, connects, and delivers every frame once and in order", () => {
    const { told, arrived, sendAll } = linkWith({});
    sendAll();
    expect(told).toEqual(["greeted w#1 hello", "connected w#1"]);
    expect(arrived).toHaveLength(FRAMES);
    expect(inOrder(arrived)).toBe(true);
  });

  test("drops frames of a side that has no stream", () => {
    const { link, arrived, pass, told } = linkWith({});
    link.died("worker");
    link.send("up", frameOf(1));
    pass(100);
    expect(arrived).toEqual([]);
    expect(told).toContain("coordinator lost w#1");
    expect(told).not.toContain("worker lost w#1");
  });
});

describe("faults", () => {
  test("lose as many frames as are counted", () => {
    const { arrived, faults, sendAll } = linkWith({ messageLost: 200 });
    sendAll();
    expect(faults.fired.messageLost).toBeGreaterThan(50);
    expect(arrived).toHaveLength(FRAMES - faults.fired.messageLost);
    expect(inOrder(arrived)).toBe(true);
  });

  test("repeat as many frames as are counted", () => {
    const { arrived, faults, sendAll } = linkWith({ messageDuplicated: 200 });
    sendAll();
    expect(faults.fired.messageDuplicated).toBeGreaterThan(50);
    expect(arrived).toHaveLength(FRAMES + faults.fired.messageDuplicated);
    expect(new Set(arrived).size).toBe(FRAMES);
  });

  test("reorder frames: what is counted was really overtaken", () => {
    const { arrived, faults, sendAll } = linkWith({ messageReordered: 200 });
    sendAll();
    let newest = -1;
    let overtaken = 0;
    for (const frame of arrived) {
      if (frame < newest) overtaken += 1;
      newest = Math.max(newest, frame);
    }
    expect(overtaken).toBeGreaterThan(20);
    expect(faults.fired.messageReordered).toBe(overtaken);
    expect(arrived).toHaveLength(FRAMES);
  });

  test("break a stream: both ends are told, and the worker dials again", () => {
    const { told, faults, sendAll } = linkWith({ streamBroken: 20 });
    sendAll();
    expect(faults.fired.streamBroken).toBeGreaterThan(0);
    expect(told.filter((line) => line.startsWith("worker lost"))).toHaveLength(faults.fired.streamBroken);
    expect(told.filter((line) => line.startsWith("connected"))).toHaveLength(faults.fired.streamBroken + 1);
  });

  test("leave one end in the dark about a break", () => {
    const { link, told, pass } = linkWith({ breakUnnoticed: 1_000 });
    link.died("worker");
    pass(60);
    expect(told).not.toContain("coordinator lost w#1");
    // A newer stream takes over; the end of the old one is told to nobody any more.
    link.dial();
    pass(30_000);
    expect(told.at(-1)).toMatch(/^(connected w#2|coordinator lost w#1)$/);
    expect(link.session).toBe("w#2");
  });

  test("part the two sides for a while, in which nothing passes and nobody can dial", () => {
    const { link, told, arrived, pass } = linkWith({ partition: 1_000 });
    link.send("up", frameOf(1));
    link.send("up", frameOf(2));
    pass(500);
    expect(arrived).toEqual([]);
    expect(told).not.toContain("connected w#2");
    pass(60_000);
    expect(told).toContain("connected w#2");
  });

  test("stop when they are told to", () => {
    const { arrived, faults, sendAll } = linkWith({ messageLost: 1_000 });
    faults.stop();
    sendAll();
    expect(arrived).toHaveLength(FRAMES);
    expect(faults.fired.messageLost).toBe(0);
  });
});

test("a greeting that meets a dead coordinator is made again", () => {
  const isUp = { value: true };
  const { link, told, pass } = linkWith({}, isUp);
  link.close("worker");
  // Dialled while it was up, arrived when it was not.
  pass(1_001);
  isUp.value = false;
  link.died("coordinator");
  pass(3_000);
  const before = told.filter((line) => line.startsWith("connected")).length;
  isUp.value = true;
  pass(3_000);
  expect(told.filter((line) => line.startsWith("connected")).length).toBe(before + 1);
});
