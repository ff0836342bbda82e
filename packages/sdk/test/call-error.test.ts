// Failures of the transport become sentences that say what to try.
import { Metadata, status } from "@grpc/grpc-js";
import { describe, expect, it } from "vitest";
import { callError } from "../src/call-error.ts";
import { connect } from "../src/index.ts";
import { isHostPort } from "../src/rpc-client.ts";

function transportError(code: status, details: string): Error {
  return Object.assign(new Error(details), { code, details, metadata: new Metadata() });
}

describe("callError", () => {
  it("says that nobody answers, without the transport's account", () => {
    const details = "No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ";
    const { code, message } = callError(transportError(status.UNAVAILABLE, details), "127.0.0.1:1");
    expect(code).toBe("unavailable");
    expect(message).toBe("no coordinator answers at 127.0.0.1:1: is it running? (connect ECONNREFUSED 127.0.0.1:1)");
  });

  it("leaves out when a connection broke", () => {
    const details =
      "No connection established. Last error: read ECONNRESET (2026-11-21T10:01:48.997Z). Resolution note: ";
    expect(callError(transportError(status.UNAVAILABLE, details), "h:1").message).toMatch(/\(read ECONNRESET\)$/);
  });

  it("says that somebody else answers", () => {
    const { code, message } = callError(transportError(status.UNIMPLEMENTED, "Received HTTP status code 404"), "h:1");
    expect(code).toBe("configuration");
    expect(message).toMatch(/what answers at h:1 is not a coordinator's API/);
  });
});

describe("connect", () => {
  it.each(["127.0.0.1:80", "[::1]:65535", "host.example:1"])("takes %s", (address) => {
    expect(isHostPort(address)).toBe(true);
  });

  it.each(["", "host", "host:", "host:0", "host:65536", ":80", "::1:80", "http://host:80"])("refuses %s", (address) => {
    expect(isHostPort(address)).toBe(false);
    expect(() => connect({ address, token: "", rootCertificates: null })).toThrow(/HOST:PORT/);
  });
});
