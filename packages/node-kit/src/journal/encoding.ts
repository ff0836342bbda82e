// Facts and snapshots as text: JSON, with tags for the two values that JSON lacks, `bigint` and `Map`.

/** Bytes of the tag `{"$n":"123"}` and `{"$map":[[key, value]]}`; `{"$obj":[[key, value]]}` escapes an object that looks like a tag. */
const BIGINT_TAG = "$n";
const MAP_TAG = "$map";
const OBJECT_TAG = "$obj";

/** The value as JSON text. Takes null, booleans, finite numbers, strings, bigints, arrays, maps and plain objects; throws for all else. */
export function encodeValue(value: unknown): string {
  return JSON.stringify(tagged(value));
}

/** The inverse of `encodeValue`; throws `SyntaxError` for text that is not JSON. */
export function decodeValue(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Most facts hold no tag; a substring search is far cheaper than walking the value.
  return text.includes('{"$') ? untagged(value) : value;
}

// Returns the value itself where nothing in it needs a tag, so that the usual fact is not copied.
function tagged(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      if (!Number.isFinite(value)) throw new TypeError("a journalled number must be finite");
      return value;
    case "bigint":
      return { [BIGINT_TAG]: value.toString() };
    case "object":
      return value === null ? null : taggedObject(value);
    default:
      throw new TypeError(`a journalled value cannot be of type ${typeof value}`);
  }
}

function taggedObject(value: object): unknown {
  if (Array.isArray(value)) return taggedArray(value);
  if (value instanceof Map) {
    return { [MAP_TAG]: Array.from(value, ([key, entry]: [unknown, unknown]) => [tagged(key), tagged(entry)]) };
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError("a journalled object must be plain data");
  return taggedPlain(value as Readonly<Record<string, unknown>>);
}

function taggedArray(values: readonly unknown[]): readonly unknown[] {
  let changed: unknown[] | undefined;
  for (let index = 0; index < values.length; index += 1) {
    const before = values[index];
    const after = tagged(before);
    if (after !== before && changed === undefined) changed = values.slice(0, index);
    changed?.push(after);
  }
  return changed ?? values;
}

function taggedPlain(object: Readonly<Record<string, unknown>>): unknown {
  let changed = false;
  let escaped = false;
  const entries: [string, unknown][] = [];
  for (const key of Object.keys(object)) {
    const before = object[key];
    // As in JSON itself, a field that is undefined is a field that is absent.
    if (before === undefined) continue;
    const after = tagged(before);
    if (after !== before) changed = true;
    if (key.charCodeAt(0) === 0x24) escaped = true;
    entries.push([key, after]);
  }
  if (escaped) return { [OBJECT_TAG]: entries };
  return changed ? Object.fromEntries(entries) : object;
}

// Replaces tags in place: the value was just parsed and nobody else holds it.
function untagged(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) value[index] = untagged(value[index]);
    return value;
  }
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object);
  const only = keys.length === 1 ? keys[0] : undefined;
  if (only === BIGINT_TAG) return BigInt(String(object[only]));
  if (only === MAP_TAG) return new Map(untagged(object[only]) as [unknown, unknown][]);
  if (only === OBJECT_TAG) return Object.fromEntries(untagged(object[only]) as [string, unknown][]);
  for (const key of keys) {
    const before = object[key];
    const after = untagged(before);
    if (after !== before) object[key] = after;
  }
  return object;
}
