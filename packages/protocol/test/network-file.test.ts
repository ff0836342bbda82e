// Network files: with a chain, and that of a fleet without one.
import { describe, expect, it } from "vitest";
import { hasChain, type NetworkFile, parseNetworkFile, signingDomainOf } from "../src/index.ts";
import { network } from "./receipt/forge.ts";

const fleet = {
  name: "lab",
  networkId: "lab-1",
  chain: "none",
  operators: [`0x${"AB".repeat(20)}`],
  coordinators: network.coordinators,
  bootstrap: [],
};

function read(file: object): NetworkFile {
  const parsed = parseNetworkFile(JSON.stringify(file));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.network;
}

function problemIn(file: object): string {
  const parsed = parseNetworkFile(JSON.stringify(file));
  return parsed.ok ? "none" : parsed.problem;
}

describe("parseNetworkFile", () => {
  it("reads a network with a chain as it is", () => {
    expect(read(network)).toEqual(network);
    expect(hasChain(network)).toBe(true);
    expect(problemIn({ ...network, chainId: 0 })).toMatch(/chainId/);
    expect(problemIn({ ...network, operators: [] })).not.toBe("none");
  });

  it("reads a fleet without a chain, with accounts that stand for contracts and are nobody's", () => {
    const lab = read(fleet);
    expect(hasChain(lab)).toBe(false);
    expect(lab).toMatchObject({ chainId: 0, confirmations: 0, operators: [`0x${"ab".repeat(20)}`] });
    expect(new Set(Object.values(lab.contracts)).size).toBe(4);
  });

  it("keeps the signatures of two fleets apart, and says the same of one fleet every time", () => {
    const domain = signingDomainOf(read(fleet));
    expect(signingDomainOf(read({ ...fleet, name: "another name" }))).toEqual(domain);
    const other = signingDomainOf(read({ ...fleet, networkId: "lab-2" }));
    expect(other.jobEscrow).not.toBe(domain.jobEscrow);
    expect(other.stakeRegistry).not.toBe(domain.stakeRegistry);
  });

  it("refuses a fleet that lets everybody in, and one that is half on a chain", () => {
    expect(problemIn({ ...fleet, operators: [] })).toMatch(/operators/);
    expect(problemIn({ ...fleet, chain: "some" })).toMatch(/chain/);
    expect(problemIn({ ...fleet, chainId: 1 })).not.toBe("none");
    expect(problemIn({ ...fleet, rpcUrl: "http://127.0.0.1:1" })).not.toBe("none");
  });
});
