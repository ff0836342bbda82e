// Host calls about the program itself: arguments, environment, clock, randomness, exit. All deterministic.
import { type Cipheriv, createCipheriv, createHash } from "node:crypto";
import { HOST_PRICES } from "../../rewriter/fuel-schedule.ts";
import { ProgramExit } from "../failure.ts";
import type { FuelTank } from "../fuel.ts";
import { WasiError } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";

/** The host calls of one group, by their WASI name. They return nothing, or throw a `WasiError`. */
export type Calls = Readonly<Record<string, (...parameters: never[]) => void>>;

/** What the program is told about itself. */
export interface ProgramFacts {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Pays for the calls. */
  readonly fuel: FuelTank;
}

/** Programs get this as the first argument, whatever their file was called. */
const PROGRAM_NAME = "program";

/** What the clocks show first: 2000-01-01T00:00:00Z. Real time would differ between replicas. */
const CLOCK_START_NS = 946_684_800_000_000_000n;

/** How far the clock moves at each look, so that a program that waits for time to pass goes on. */
const CLOCK_STEP_NS = 1_000n;

/** Calls that need neither files nor paths. */
export function systemCalls(memory: GuestMemory, facts: ProgramFacts): Calls {
  const args = encodeStrings([PROGRAM_NAME, ...facts.args]);
  const environment = encodeStrings(Object.entries(facts.env).map(([key, value]) => `${key}=${value}`));
  let now = CLOCK_START_NS;
  let random: Cipheriv | undefined;
  const write = (strings: readonly Uint8Array[], to: { pointers: number; text: number }): void => {
    for (const { length } of strings) facts.fuel.pay(HOST_PRICES.perEntry + length * HOST_PRICES.perByte);
    writeStrings(memory, strings, to);
  };
  return {
    args_get: (pointers: number, text: number) => write(args, { pointers, text }),
    args_sizes_get: (count: number, bytes: number) => writeSizes(memory, args, { count, bytes }),
    environ_get: (pointers: number, text: number) => write(environment, { pointers, text }),
    environ_sizes_get: (count: number, bytes: number) => writeSizes(memory, environment, { count, bytes }),
    clock_res_get: (_clock: number, result: number) => memory.setU64(result, CLOCK_STEP_NS),
    clock_time_get: (_clock: number, _precision: bigint, result: number) => {
      now += CLOCK_STEP_NS;
      memory.setU64(result, now);
    },
    random_get: (pointer: number, length: number) => {
      random ??= randomOf(facts.env);
      const bytes = memory.span(pointer, length);
      facts.fuel.pay(bytes.length * HOST_PRICES.perByte);
      fillRandom(bytes, random);
    },
    proc_exit: (code: number) => {
      throw new ProgramExit(code >>> 0);
    },
    sched_yield: () => undefined,
    poll_oneoff: refuse,
    proc_raise: refuse,
    sock_accept: refuse,
    sock_recv: refuse,
    sock_send: refuse,
    sock_shutdown: refuse,
  };
}

function refuse(): never {
  throw new WasiError("notSupported");
}

// ChaCha20's key stream: the same for every replica and attempt of a task, different for every task of a job.
function randomOf(env: Readonly<Record<string, string>>): Cipheriv {
  const seed = `starling/random_get/1\n${env.SEED ?? ""}\n${env.TASK_INDEX ?? ""}`;
  return createCipheriv("chacha20", createHash("sha256").update(seed).digest(), new Uint8Array(16));
}

/** Bytes of key stream that are made at one time, so that a huge request needs no huge buffer. */
const RANDOM_CHUNK = new Uint8Array(65_536);

function fillRandom(bytes: Uint8Array, random: Cipheriv): void {
  for (let at = 0; at < bytes.length; at += RANDOM_CHUNK.length) {
    bytes.set(random.update(RANDOM_CHUNK.subarray(0, bytes.length - at)), at);
  }
}

function encodeStrings(texts: readonly string[]): Uint8Array[] {
  return texts.map((text) => new TextEncoder().encode(`${text}\0`));
}

function writeSizes(memory: GuestMemory, strings: readonly Uint8Array[], to: { count: number; bytes: number }): void {
  memory.setU32(to.count, strings.length);
  memory.setU32(
    to.bytes,
    strings.reduce((sum, s) => sum + s.length, 0),
  );
}

function writeStrings(
  memory: GuestMemory,
  strings: readonly Uint8Array[],
  to: { pointers: number; text: number },
): void {
  let at = to.text >>> 0;
  for (const [i, bytes] of strings.entries()) {
    memory.setU32((to.pointers >>> 0) + 4 * i, at);
    memory.write(at, bytes);
    at += bytes.length;
  }
}
