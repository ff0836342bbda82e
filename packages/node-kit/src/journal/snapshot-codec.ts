// Splits a big plain value into small records and puts them together again, so that no snapshot is ever one giant string.

/** One record: an empty object or map at a path, some entries of a map, or a whole value. */
export type SnapshotRecord =
  | readonly ["object", readonly string[]]
  | readonly ["map", readonly string[]]
  | readonly ["entries", readonly string[], readonly (readonly [unknown, unknown])[]]
  | readonly ["value", readonly string[], unknown];

const ENTRIES_PER_RECORD = 500;
// Deep enough for `ledger.tasks`; what lies deeper is one value of a map's entry.
const DEPTH_MAX = 3;

/** The records of a value, in an order that `assembleSnapshot` takes. */
export function* splitSnapshot(value: unknown, path: readonly string[] = []): Generator<SnapshotRecord> {
  if (value instanceof Map) {
    yield ["map", path];
    let entries: [unknown, unknown][] = [];
    for (const entry of value as Map<unknown, unknown>) {
      entries.push(entry);
      if (entries.length === ENTRIES_PER_RECORD) {
        yield ["entries", path, entries];
        entries = [];
      }
    }
    if (entries.length > 0) yield ["entries", path, entries];
  } else if (typeof value === "object" && value !== null && !Array.isArray(value) && path.length < DEPTH_MAX) {
    yield ["object", path];
    for (const [key, child] of Object.entries(value)) {
      if (child !== undefined) yield* splitSnapshot(child, [...path, key]);
    }
  } else {
    yield ["value", path, value];
  }
}

/** Puts records together again, one by one. */
export class SnapshotAssembly {
  readonly #root: Record<string, unknown> = {};

  add(record: SnapshotRecord): void {
    const [kind, path, content] = record;
    // The value stands under one name, so that a root that is no object needs no special case.
    const full = ["root", ...path];
    const key = full.pop() ?? "root";
    let parent: unknown = this.#root;
    for (const step of full) parent = (parent as Record<string, unknown>)[step];
    const object = parent as Record<string, unknown>;
    if (kind === "entries") {
      const map = object[key] as Map<unknown, unknown>;
      for (const [entryKey, entryValue] of content) map.set(entryKey, entryValue);
      return;
    }
    const made = kind === "object" ? {} : kind === "map" ? new Map() : content;
    // Defined, not assigned: a key such as "__proto__" must stay data.
    Object.defineProperty(object, key, { value: made, writable: true, enumerable: true, configurable: true });
  }

  value(): unknown {
    return this.#root.root;
  }
}
