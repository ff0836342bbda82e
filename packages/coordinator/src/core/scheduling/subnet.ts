// From where a worker comes, as coarse as somebody can be expected to own it: a /24 of IPv4, a /48 of IPv6.

/** The addresses of one machine: they are all one subnet. */
export const loopbackSubnet = "loopback";

/** The subnet of a multiaddress or of a bare address; text that is neither is its own subnet. IPv4 inside IPv6 counts as IPv4. */
export function subnetOf(address: string): string {
  const [, kind, value] = /^\/(ip4|ip6|dns|dns4|dns6)\/([^/]+)/.exec(address) ?? [];
  const host = (value ?? address).replace(/%.*$/, "").toLowerCase();
  if (kind === undefined || kind.startsWith("ip")) return subnetOfIp(host) ?? host;
  return host;
}

function subnetOfIp(host: string): string | null {
  const bytes = ipv4Bytes(host);
  if (bytes !== null) return subnetOfBytes(bytes);
  const groups = ipv6Groups(host);
  if (groups === null) return null;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = groups;
  const isLow = (a | b | c | d | e) === 0;
  if (isLow && f === 0 && g === 0 && h === 1) return loopbackSubnet;
  // ::ffff:0:0/96, RFC 4291 section 2.5.5.2: what a socket for both families says of an IPv4 peer.
  if (isLow && f === 0xffff) return subnetOfBytes([g >> 8, g & 0xff, h >> 8, h & 0xff]);
  return `${[a, b, c].map((group) => group.toString(16)).join(":")}::/48`;
}

function subnetOfBytes([a = 0, b = 0, c = 0]: readonly number[]): string {
  return a === 127 ? loopbackSubnet : `${a}.${b}.${c}.0/24`;
}

function ipv4Bytes(text: string): readonly number[] | null {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return null;
  const bytes = text.split(".").map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : null;
}

// Eight groups, with the one gap of zeros filled in.
function ipv6Groups(text: string): readonly number[] | null {
  const halves = text.split("::");
  if (!text.includes(":") || halves.length > 2) return null;
  const [head = [], tail = []] = halves.map(groupsOf);
  if (head === null || tail === null) return null;
  const gap = 8 - head.length - tail.length;
  if (halves.length === 1 ? gap !== 0 : gap < 1) return null;
  return [...head, ...Array.from({ length: gap }, () => 0), ...tail];
}

function groupsOf(text: string): readonly number[] | null {
  const groups: number[] = [];
  for (const part of text === "" ? [] : text.split(":")) {
    const bytes = ipv4Bytes(part);
    if (bytes !== null) groups.push((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0), (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0));
    else if (/^[0-9a-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else return null;
  }
  return groups;
}
