// Descriptors that whoever started the daemon left open in it: children would inherit them, and a sandbox must not.
import { readdirSync, readFileSync } from "node:fs";

const O_CLOEXEC = 0o2000000;

/** Numbers of the open descriptors that a child would get, beside the standard three. */
export function inheritedDescriptors(): readonly number[] {
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
