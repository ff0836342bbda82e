// What counts as one subnet, however an address is written.
import fc from "fast-check";
import { expect, test } from "vitest";
import { loopbackSubnet, subnetOf } from "../../src/core/scheduling/subnet.ts";

test.each([
  ["/ip4/203.0.113.7/tcp/4001", "203.0.113.0/24"],
  ["203.0.113.200", "203.0.113.0/24"],
  ["/ip6/2001:db8:1:2::7/tcp/4001", "2001:db8:1::/48"],
  ["2001:0db8:0001:ffff:1:2:3:4", "2001:db8:1::/48"],
  ["2001:db8::1", "2001:db8:0::/48"],
  ["fe80::1%eth0", "fe80:0:0::/48"],
  ["/ip6/::ffff:203.0.113.9/tcp/1", "203.0.113.0/24"],
  ["::ffff:cb00:7109", "203.0.113.0/24"],
  ["/ip4/127.0.0.12/tcp/1", loopbackSubnet],
  ["127.9.9.9", loopbackSubnet],
  ["/ip6/::1/tcp/1", loopbackSubnet],
  ["::ffff:127.0.0.1", loopbackSubnet],
  ["/dns4/Worker.example/tcp/1", "worker.example"],
  ["", ""],
  ["1.2.3.400", "1.2.3.400"],
  ["1::2::3", "1::2::3"],
])("%s is in %s", (address, subnet) => {
  expect(subnetOf(address)).toBe(subnet);
});

test("an IPv4 address is in the same subnet however IPv6 writes it, and its neighbours are too", () => {
  const byte = fc.nat({ max: 255 });
  fc.assert(
    fc.property(fc.tuple(byte, byte, byte, byte), byte, ([a, b, c, d], e) => {
      const plain = subnetOf(`${a}.${b}.${c}.${d}`);
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
      expect(subnetOf(`/ip6/::ffff:${hex}/tcp/1`)).toBe(plain);
      expect(subnetOf(`/ip4/${a}.${b}.${c}.${e}/udp/9`)).toBe(plain);
    }),
  );
});
