// The ledger rebuilt from snapshot and facts equals the live one: `decide` changed nothing that is not a fact.
import type { Checker } from "./checker.ts";

/** `rebuild` gives the ledger as recovery would see it. */
export function replay(rebuild: () => unknown): Checker {
  return {
    name: "replay",
    atEnd: ({ state }) =>
      sameData(rebuild(), state.ledger) ? [] : ["the ledger rebuilt from its journal differs from the live one"],
  };
}

/** Whether two pieces of plain data are equal, maps by key. */
export function sameData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && sameData(value, b.get(key)));
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((value) => b.has(value));
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, i) => sameData(value, b[i]));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Map || b instanceof Map || Array.isArray(a) || Array.isArray(b)) return false;
  const keys = Object.keys(a).filter((key) => Reflect.get(a, key) !== undefined);
  const others = Object.keys(b).filter((key) => Reflect.get(b, key) !== undefined);
  return keys.length === others.length && keys.every((key) => sameData(Reflect.get(a, key), Reflect.get(b, key)));
}
