// Hosts have one form, and nothing passes for a name that a resolver takes for an address.
import { parseHost } from "@starling/protocol";
import { expect, test } from "vitest";

test.each([
  ["api.example.org:443", "api.example.org:443"],
  [" API.Example.ORG:80 ", "api.example.org:80"],
  ["localhost:8080", "localhost:8080"],
  ["192.168.0.1:1", "192.168.0.1:1"],
  ["a-b.c1:65535", "a-b.c1:65535"],
])("%j is %j", (text, host) => {
  expect(parseHost(text)).toEqual({ ok: true, value: host });
  expect(parseHost(host)).toEqual({ ok: true, value: host });
});

test.each([
  ["api.example.org", "has no port"],
  ["api.example.org:0", "has no port"],
  ["api.example.org:65536", "has no port"],
  ["api.example.org:0443", "has no port"],
  ["api.example.org:443/x", "has no port"],
  ["http://api.example.org:443", "too many colons"],
  ["[::1]:443", "too many colons"],
  ["api.example.org.:443", "is no host"],
  ["*.example.org:443", "is no host"],
  ["a@b.org:443", "is no host"],
  ["a b.org:443", "is no host"],
  ["a..b:443", "is no host"],
  ["-a.org:443", "is no host"],
  [":443", "is no host"],
  // What resolvers read as 127.0.0.1.
  ["127.1:443", "is no host"],
  ["2130706433:443", "is no host"],
  ["0x7f.0.0.1:443", "is no host"],
  ["0x7f000001:443", "is no host"],
  ["127.0.0.01:443", "is no host"],
  ["127.0.0.256:443", "is no host"],
  [`${"a.".repeat(130)}org:443`, "is no host"],
  ["\u212aube.org:443", "is no host"],
])("%j is none", (text, problem) => {
  expect(parseHost(text)).toMatchObject({ ok: false, problem: expect.stringContaining(problem) });
});
