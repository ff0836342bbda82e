// Hosts of the internet as owners list them and jobs ask for them: a name or an address, and a port, in one form.
import { limits } from "./limits.ts";
import { type Parsed, parsed, unparsed } from "./parsed.ts";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const PORT = /^[1-9]\d{0,4}$/;
const PORT_MAX = 65_535;
const BYTE = /^(0|[1-9]\d{0,2})$/;
const example = 'write a name and a port, such as "api.example.org:443"';

/** A host in parts. */
interface HostParts {
  /** In lower case. */
  readonly name: string;
  readonly port: number;
}

/** Reads a host into its one form: lower case, without a trailing dot. IPv4 addresses count as names, other numbers do not. */
export function parseHost(text: string): Parsed<string> {
  // Of ASCII alone: other letters have lower cases that look like others.
  const lower = text.trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const [name = "", port = "", ...rest] = lower.split(":");
  if (rest.length > 0) return unparsed(`"${text}" has too many colons; ${example}`);
  if (!PORT.test(port) || Number(port) > PORT_MAX) return unparsed(`"${text}" has no port; ${example}`);
  const labels = name.split(".");
  const last = labels.at(-1) ?? "";
  // Resolvers take 127.1, 0x7f.1 and 2130706433 for addresses, so a name must not end in what could be a number.
  const isName = labels.every((label) => LABEL.test(label)) && /^[a-z]/.test(last) && name.length <= limits.hostLength;
  return isName || isAddress(labels) ? parsed(`${name}:${port}`) : unparsed(`"${text}" is no host; ${example}`);
}

/** The parts of a host in its one form. */
export function partsOfHost(host: string): HostParts {
  const [name = "", port = ""] = host.split(":");
  return { name, port: Number(port) };
}

function isAddress(labels: readonly string[]): boolean {
  return labels.length === 4 && labels.every((label) => BYTE.test(label) && Number(label) <= 255);
}
