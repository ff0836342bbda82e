// WASI preview 1 for one run: the import object, over an in-memory tree and nothing of the host.
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
  const calls: Calls = {
    ...systemCalls(memory, options),
    ...descriptorCalls(memory, table),
    ...pathCalls(memory, table),
  };
  const imports: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(calls)) imports[name] = withErrorNumber(call);
  return { memory, imports };
}

type AnyCall = (...parameters: unknown[]) => void;

function withErrorNumber(call: (...parameters: never[]) => void): (...parameters: unknown[]) => number {
  const untyped = call as AnyCall;
  return (...parameters) => {
    try {
      untyped(...parameters);
      return ERRNO.success;
    } catch (error) {
      if (error instanceof WasiError) return error.errno;
      throw error;
    }
  };
}
