// Which addresses a task may be connected to: those of the public internet, since names can resolve to anything.
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

/** Everything that is not one machine of the public internet: IANA's special-purpose registry, and what tunnels to it. */
const SPECIAL_V4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"],
  ...["192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"],
  ...["198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
  // By its number one of the internet's; on every machine of Azure's it is the host's own service.
  "168.63.129.16/32",
];
/** Of the one block that is given out; what lies outside it (mapped, translated, local, multicast) is none of it. */
const SPECIAL_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"];

const special = new BlockList();
const given = new BlockList();
given.addSubnet("2000::", 3, "ipv6");
for (const [list, family] of [[SPECIAL_V4, "ipv4"] as const, [SPECIAL_V6, "ipv6"] as const]) {
  for (const range of list) {
    const [net = "", bits = ""] = range.split("/");
    special.addSubnet(net, Number(bits), family);
  }
}

/** Whether it is the address of one machine of the public internet, and not of this one. */
export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, "ipv4") && !ownAddresses().check(address, "ipv4");
    case 6:
      // With a zone it is an address of this machine's links.
      if (address.includes("%") || !given.check(address, "ipv6")) return false;
      return !special.check(address, "ipv6") && !ownAddresses().check(address, "ipv6");
    default:
      return false;
  }
}

/** What is connected to here comes in past the firewall, as from the machine itself. Asked each time, since networks come and go. */
function ownAddresses(): BlockList {
  const own = new BlockList();
  for (const { address, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? []))
    own.addAddress(address, family === "IPv4" ? "ipv4" : "ipv6");
  return own;
}
