// The data set: reads the CSV and splits it into training, validation and test rows, the same way everywhere.
import { fail, readFile } from "../../assembly/wasi";

/** Pixels of one image, and classes. */
export const PIXELS: i32 = 64;
export const CLASSES: i32 = 10;
const ROWS_MAX: i32 = 100_000;
const PIXEL_MAX: i32 = 16;

/** Which part of the data. */
export const TRAINING: i32 = 0;
export const VALIDATION: i32 = 1;
export const TEST: i32 = 2;

/** Images with pixels in 0..1, labels, and for each part its row numbers. */
export class Digits {
  constructor(
    public pixels: StaticArray<f32>,
    public labels: StaticArray<u8>,
    public parts: StaticArray<i32>[],
  ) {}
}

/** Reads `/in/digits`; ends the program with a message when a line is malformed. */
export function readDigits(): Digits {
  const file = readFile("in/digits");
  if (file === null) fail("there is no input named digits");
  const bytes = Uint8Array.wrap(changetype<ArrayBuffer>(file));
  const rows = countRows(bytes);
  if (rows == 0 || rows > ROWS_MAX) fail("digits: expected 1 to " + ROWS_MAX.toString() + " rows, got " + rows.toString());
  const pixels = new StaticArray<f32>(rows * PIXELS);
  const labels = new StaticArray<u8>(rows);
  let at = 0;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column <= PIXELS; column += 1) {
      let value = 0;
      const from = at;
      while (at < bytes.length && isDigit(bytes[at]) && at - from < 3) {
        value = value * 10 + bytes[at] - 0x30;
        at += 1;
      }
      const isLabel = column == PIXELS;
      if (at == from || value > (isLabel ? CLASSES - 1 : PIXEL_MAX)) malformed(row, column);
      if (isLabel) labels[row] = <u8>value;
      else pixels[row * PIXELS + column] = <f32>value / <f32>PIXEL_MAX;
      if (!isLabel && (at >= bytes.length || bytes[at] != 0x2c)) malformed(row, column);
      if (!isLabel) at += 1;
    }
    while (at < bytes.length && (bytes[at] == 0x0d || bytes[at] == 0x0a)) at += 1;
  }
  if (at != bytes.length) fail("digits: something follows the last row");
  return new Digits(pixels, labels, split(labels));
}

function malformed(row: i32, column: i32): void {
  fail("digits: row " + (row + 1).toString() + ", column " + (column + 1).toString() + " is malformed");
}

function isDigit(byte: u8): bool {
  return byte >= 0x30 && byte <= 0x39;
}

// Lines that hold something; the last one may lack its newline.
function countRows(bytes: Uint8Array): i32 {
  let rows = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const ends = i + 1 == bytes.length || bytes[i + 1] == 0x0a || bytes[i + 1] == 0x0d;
    if (ends && bytes[i] != 0x0a && bytes[i] != 0x0d) rows += 1;
  }
  return rows;
}

// Of every five images of one class, in the order of the file, three train, one validates and one tests.
function split(labels: StaticArray<u8>): StaticArray<i32>[] {
  const seen = new StaticArray<i32>(CLASSES);
  const parts: i32[][] = [[], [], []];
  for (let row = 0; row < labels.length; row += 1) {
    const place = seen[labels[row]] % 5;
    seen[labels[row]] += 1;
    parts[place < 3 ? TRAINING : place == 3 ? VALIDATION : TEST].push(row);
  }
  const fixedParts: StaticArray<i32>[] = [];
  for (let i = 0; i < parts.length; i += 1) fixedParts.push(StaticArray.fromArray(parts[i]));
  return fixedParts;
}
