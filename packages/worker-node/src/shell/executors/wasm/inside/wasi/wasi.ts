// WASI preview 1 for one run: the import object, over an in-memory tree and nothing of the host.
import { HOST_PRICES } from "../../rewriter/fuel-schedule.ts";
import type { FuelTank } from "../fuel.ts";
import { descriptorCalls } from "./descriptor-calls.ts";
import { DescriptorTable } from "./descriptors.ts";
import { ERRNO, WasiError } from "./errno.ts";
import { GuestMemory } from "./guest-memory.ts";
import { type Directory, Sink } from "./nodes.ts";
import { pathCalls } from "./path-calls.ts";
import { type Calls, type ProgramFacts, systemCalls } from "./system-calls.ts";

/** What a program is connected to. */
export interface WasiOptions extends ProgramFacts {
  readonly root: Directory;
  /** Takes standard output and standard error. */
  readonly onLog: (bytes: Uint8Array) => void;
}

/** The import object's one namespace, and the memory that must be bound after instantiation. */
export interface Wasi {
  readonly memory: GuestMemory;
  readonly imports: Readonly<Record<string, unknown>>;
}

/** Connects a program. Descriptors 0, 1, 2 are the standard ones; 3 is the root directory. */
export function createWasi(options: WasiOptions): Wasi {
  const memory = new GuestMemory();
  const table = new DescriptorTable();
  const log = new Sink(options.onLog);
  const nothing = new Sink(() => undefined);
  const standard = { preopened: false, append: false, offset: 0 };
  table.add({ ...standard, node: nothing, readable: true, writable: false });
  table.add({ ...standard, node: log, readable: false, writable: true });
  table.add({ ...standard, node: log, readable: false, writable: true });
  table.add({ ...standard, node: options.root, readable: true, writable: false, preopened: true });
  const { fuel } = options;
  const calls: Calls = {
    ...systemCalls(memory, options),
    ...descriptorCalls({ memory, table, fuel }),
    ...pathCalls({ memory, table, fuel }),
  };
  const imports: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(calls)) imports[name] = paid(call, fuel);
  return { memory, imports };
}

type AnyCall = (...parameters: unknown[]) => void;

// Refusals become error numbers; the end of the fuel and of the program go through.
function paid(call: (...parameters: never[]) => void, fuel: FuelTank): (...parameters: unknown[]) => number {
  const untyped = call as AnyCall;
  return (...parameters) => {
    fuel.pay(HOST_PRICES.perCall);
    try {
      untyped(...parameters);
      return ERRNO.success;
    } catch (error) {
      if (error instanceof WasiError) return error.errno;
      throw error;
    }
  };
}
