// Descriptors that whoever started the daemon left open in it: children would inherit them, and a sandbox must not.
import { readdirSync, readFileSync } from "node:fs";

const O_CLOEXEC = 0o2000000;

/** Node marks what it opens, so that these hardly ever change; to look at all of hundreds for each start would cost more than the start. */
const LOOK_MS = 1_000;
let found: { readonly at: number; readonly numbers: readonly number[] } | undefined;

/** Numbers of the open descriptors that a child would get, beside the standard three; as they were within the last second. */
export function inheritedDescriptors(): readonly number[] {
  const now = performance.now();
  if (found === undefined || now - found.at > LOOK_MS) found = { at: now, numbers: lookAtAll() };
  return found.numbers;
}

function lookAtAll(): readonly number[] {
  return readdirSync("/proc/self/fdinfo")
    .map(Number)
    .filter((number) => number > 2 && staysOpen(number));
}

function staysOpen(number: number): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${number}`, "utf8"))?.[1] ?? "0";
    return (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    // The one by which the folder was listed is closed again.
    return false;
  }
}
