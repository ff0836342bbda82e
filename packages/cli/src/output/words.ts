// Short words for people: ids, amounts, sizes, durations.
import { formatAmount, formatSize } from "@starling/protocol";

/** The first digits of an id; every command takes such a prefix. */
export function shortId(id: string): string {
  return /^0x[0-9a-f]{64}$/.test(id) ? id.slice(0, 14) : id;
}

/** Base units as money. */
export function money(baseUnits: string): string {
  return formatAmount(BigInt(baseUnits === "" ? "0" : baseUnits));
}

/** Bytes as a size. */
export function size(bytes: bigint | number): string {
  return formatSize(Number(bytes));
}

/** How long ago, or how long until, in one unit. */
export function span(ms: number): string {
  const seconds = Math.abs(ms) / 1_000;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}s`;
  if (seconds < 3_600) return `${Math.round(seconds / 60)}m`;
  return seconds < 86_400 ? `${Math.round(seconds / 3_600)}h` : `${Math.round(seconds / 86_400)}d`;
}

/** How long ago a moment was; empty for a moment that hasn't come. */
export function age(atMs: bigint, now: number = Date.now()): string {
  return atMs === 0n ? "" : span(now - Number(atMs));
}
