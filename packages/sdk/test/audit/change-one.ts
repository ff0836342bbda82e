// Every amount in a value, and the same value with one of them changed.

type Path = readonly (string | number)[];

/** Paths of all amounts, through maps and lists too. */
export function amountsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value === "bigint") return [path];
  if (value instanceof Map) return [...value.values()].flatMap((one, i) => amountsIn(one, [...path, i]));
  if (value instanceof Set || typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, one]) => amountsIn(one, [...path, key]));
}

/** A copy with the amount at a path changed by so much. */
export function changed<T>(value: T, path: Path, by: bigint): T {
  return copy(value, path, by) as T;
}

function copy(value: unknown, [first, ...rest]: Path, by: bigint): unknown {
  if (first === undefined) return (value as bigint) + by;
  if (value instanceof Map)
    return new Map([...value].map(([key, one], i) => [key, i === first ? copy(one, rest, by) : one]));
  if (Array.isArray(value)) return value.map((one, i) => (i === Number(first) ? copy(one, rest, by) : one));
  return { ...(value as object), [first]: copy(Reflect.get(value as object, first), rest, by) };
}
