// Copies and comparison of plain data: maps, sets, arrays and objects, as they go to disk and come back.

/** A deep copy: what a journal or a snapshot gives back shares nothing with what was put in. */
export function copyOf<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, copy(item)]));
  if (value instanceof Set) return new Set(value);
  const made: Record<string, unknown> = {};
  for (const key of Object.keys(value)) made[key] = copy(Reflect.get(value, key));
  return made;
}

/** Where two pieces of plain data differ, as a path; null when they are equal. Maps are compared with their order. */
export function differenceOf(a: unknown, b: unknown, path = ""): string | null {
  if (Object.is(a, b)) return null;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return path;
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map)) return path;
    return listDifference([...a], [...b], path);
  }
  if (a instanceof Set || b instanceof Set) {
    if (!(a instanceof Set && b instanceof Set)) return path;
    return listDifference([...a], [...b], path);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return Array.isArray(a) && Array.isArray(b) ? listDifference(a, b, path) : path;
  }
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) {
    const found = differenceOf(Reflect.get(a, key), Reflect.get(b, key), `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function listDifference(a: readonly unknown[], b: readonly unknown[], path: string): string | null {
  if (a.length !== b.length) return `${path} (${a.length} and ${b.length} items)`;
  for (const [i, item] of a.entries()) {
    const name = Array.isArray(item) ? String(item[0]) : String(i);
    const found = differenceOf(item, b[i], `${path}[${name}]`);
    if (found !== null) return found;
  }
  return null;
}
