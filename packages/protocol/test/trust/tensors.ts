// Outputs with numbers, as programs write them.

/** Little-endian float32. */
export function f32(numbers: readonly number[]): Uint8Array {
  return element("f4", numbers);
}

/** Little-endian float64. */
export function f64(numbers: readonly number[]): Uint8Array {
  return element("f8", numbers);
}

/** JSON text. */
export function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** A one-dimensional array file. */
export function npy(dtype: string, numbers: readonly number[]): Uint8Array {
  return npyOf({ dtype, shape: `(${numbers.length},)` }, element(dtype.slice(1), numbers));
}

/** Parts of an array file's header. */
export interface NpyParts {
  readonly version?: number;
  readonly dtype?: string;
  readonly order?: string;
  /** By default as many as there are four-byte elements. */
  readonly shape?: string;
  /** The text in place of all that. */
  readonly header?: string;
}

/** An array file with this header over these bytes. */
export function npyOf(parts: NpyParts, data: Uint8Array): Uint8Array {
  const { version = 1, dtype = "<f4", order = "False", shape = `(${data.length / 4},)` } = parts;
  const text = parts.header ?? `{'descr': '${dtype}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const prefix = version === 1 ? 10 : 12;
  const header = new TextEncoder().encode(
    `${text.padEnd(Math.ceil((prefix + text.length + 1) / 64) * 64 - prefix - 1)}\n`,
  );
  const bytes = new Uint8Array(prefix + header.length + data.length);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, header.length, true);
  else view.setUint32(8, header.length, true);
  bytes.set(header, prefix);
  bytes.set(data, prefix + header.length);
  return bytes;
}

function element(type: string, numbers: readonly number[]): Uint8Array {
  const width = Number(type.slice(1));
  const bytes = new Uint8Array(width * numbers.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of numbers.entries()) set(view, { type, at: i * width, value });
  return bytes;
}

function set(view: DataView, { type, at, value }: { type: string; at: number; value: number }): void {
  if (type === "f4") view.setFloat32(at, value, true);
  else if (type === "f8") view.setFloat64(at, value, true);
  else if (type === "i1" || type === "u1") view.setUint8(at, value);
  else if (type === "i2" || type === "u2") view.setUint16(at, value, true);
  else if (type === "i4" || type === "u4") view.setUint32(at, value, true);
  else view.setBigInt64(at, BigInt(value), true);
}
