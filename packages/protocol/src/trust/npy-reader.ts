// NumPy's array files, versions 1 to 3: a short text header with type, order and shape, then the elements.
import { limits } from "../limits.ts";
import { type ElementType, elements, elementsReader, joined, type NumberReader, noNumbers } from "./number-reader.ts";

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The longest header that is read: real ones have 64 to 128 bytes. */
const headerBytesMax = 4_096;
/** NumPy's own bound. */
const dimensionsMax = 32;

const dtypes = new Map<string, ElementType>(
  (Object.keys(elements) as ElementType[]).map((type) => [`${elements[type].bytes === 1 ? "|" : "<"}${type}`, type]),
);

/** What the header says. */
interface NpyHeader {
  readonly type: ElementType;
  readonly count: number;
  /** Type, order and shape in one form, whatever spaces the header has. */
  readonly form: string;
}

/** Reads an array file. Arrays in Fortran's order are compared as they lie, so both must have it. */
export function npyReader(): NumberReader {
  let start = new Uint8Array(0);
  let header: NpyHeader | null = null;
  let body: NumberReader | null = null;
  let count = 0;
  let problem: string | null = null;

  const push = (bytes: Uint8Array): Float64Array => {
    if (body !== null) return read(body, bytes);
    start = joined(start, bytes);
    const found = headerIn(start);
    if (found === null) return noNumbers;
    if ("problem" in found) {
      problem = found.problem;
      return noNumbers;
    }
    header = found.header;
    body = elementsReader(header.type);
    const data = start.subarray(found.dataAt);
    start = new Uint8Array(0);
    return read(body, data);
  };
  const read = (reader: NumberReader, bytes: Uint8Array): Float64Array => {
    const numbers = reader.push(bytes);
    count += numbers.length;
    problem ??= reader.problem();
    return numbers;
  };
  return {
    push,
    end: () => {
      if (problem === null && (header === null || body === null)) problem = "it ends within its header";
      const end = body?.end();
      if (end?.ok === false) problem ??= end.problem;
      if (header !== null && count !== header.count)
        problem ??= `it has ${count} elements, and its shape ${header.count}`;
      return problem === null && header !== null
        ? { ok: true, form: header.form, numbers: noNumbers }
        : { ok: false, problem: problem ?? "" };
    },
    problem: () => problem,
  };
}

type FoundHeader = { readonly header: NpyHeader; readonly dataAt: number } | { readonly problem: string };

// Null while the header is not complete.
function headerIn(bytes: Uint8Array): FoundHeader | null {
  const known = Math.min(bytes.length, magic.length);
  for (let i = 0; i < known; i += 1) if (bytes[i] !== magic[i]) return { problem: "it is not an .npy file" };
  if (bytes.length < 12) return null;
  const major = bytes[6] ?? 0;
  if (major < 1 || major > 3) return { problem: `its version is ${major}; versions 1 to 3 are known` };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const textAt = major === 1 ? 10 : 12;
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > headerBytesMax) return { problem: `its header has ${length} bytes; at most ${headerBytesMax} are read` };
  if (bytes.length < textAt + length) return null;
  let text = "";
  for (const byte of bytes.subarray(textAt, textAt + length)) text += String.fromCharCode(byte);
  const read = readHeader(text);
  return "problem" in read ? read : { header: read, dataAt: textAt + length };
}

const ENTRY = /^\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([\d\s,]*)\))\s*(?:,|$)/;

function readHeader(text: string): NpyHeader | { readonly problem: string } {
  const inner = /^\s*\{([^{}]*)\}\s*$/.exec(text)?.[1];
  if (inner === undefined) return { problem: "its header is not a dictionary" };
  const found = new Map<string, string>();
  for (let rest = inner; rest.trim() !== ""; ) {
    const entry = ENTRY.exec(rest);
    const [whole, key] = entry ?? [];
    if (entry === null || whole === undefined || key === undefined || found.has(key))
      return { problem: "its header has more than a plain type, an order and a shape" };
    found.set(key, entry[2] ?? entry[3] ?? entry[4] ?? "");
    rest = rest.slice(whole.length);
  }
  const descr = found.get("descr") ?? "";
  const type = dtypes.get(descr);
  if (type === undefined) return { problem: `its type is '${descr}'; compared are ${[...dtypes.keys()].join(", ")}` };
  const order = found.get("fortran_order");
  if (order !== "True" && order !== "False") return { problem: "its header does not say in which order it lies" };
  const shape = readShape(found.get("shape"));
  if (shape === null) return { problem: "its shape is not a row of whole numbers" };
  const count = shape.reduce((product, size) => product * size, 1);
  if (shape.length > dimensionsMax || !(count * elements[type].bytes <= limits.artifactBytes))
    return { problem: "its shape is larger than any file" };
  return { type, count, form: `${descr} ${order} (${shape.join(",")})` };
}

// As Python writes tuples: "3, 4", "3," and "".
function readShape(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  const parts = text.split(",").map((part) => part.trim());
  if (parts.at(-1) === "") parts.pop();
  return parts.every((part) => /^\d{1,15}$/.test(part)) ? parts.map(Number) : null;
}
