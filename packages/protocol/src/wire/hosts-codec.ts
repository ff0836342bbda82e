// The hosts that a task may reach, from the wire.
import { parseHost } from "../host.ts";
import { limits } from "../limits.ts";
import { readList, readText } from "./read.ts";
import { WireError } from "./wire-error.ts";

/** Room for a name, a colon and a port. */
const HOST_TEXT_MAX = limits.hostLength + 6;

/** The plain form, nothing where there are none; throws `WireError`. */
export function hostsFromWire(items: readonly string[], path: string): { readonly hosts?: readonly string[] } {
  const hosts = readList({ items, path, max: limits.hosts }, (found, at) => {
    const text = readText(found, at, HOST_TEXT_MAX);
    const read = parseHost(text);
    if (!read.ok || read.value !== text) throw new WireError(at, "is no host in its one form");
    return text;
  });
  return hosts.length === 0 ? {} : { hosts };
}
