// The layout of the database: sixteen decimal digits order all safe integers as text.

const digits = (seq: number): string => seq.toString().padStart(16, "0");

/** Between these two lie all records of facts. */
export const factsBegin = "fact/";
export const factsEnd = "fact/~";
export const schemaKey = "meta/schema";
export const epochKey = "meta/epoch";

/** The record that begins with this fact. */
export const factKey = (seq: number): string => `${factsBegin}${digits(seq)}`;
/** The manifest of the snapshot that was taken after this fact. */
export const manifestKey = (seq: number): string => `snapshot/${digits(seq)}`;
/** One chunk of that snapshot. */
export const chunkKey = (seq: number, index: number): string =>
  `chunk/${digits(seq)}/${index.toString().padStart(8, "0")}`;
