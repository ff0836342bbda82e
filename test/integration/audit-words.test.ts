// What an audit reads of the contracts without their ABI is what the ABI says: a changed event or struct must not go unread.
import { describe, expect, it } from "vitest";
import { jobEscrowAbi, stakeRegistryAbi } from "../../packages/node-kit/src/chain/generated/abi.ts";
import { auditedEvents, auditedViews } from "../../packages/sdk/src/audit/chain-words.ts";

interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly indexed?: boolean;
  readonly components?: readonly Parameter[];
}

interface AbiRow {
  readonly type: string;
  readonly name?: string;
  readonly inputs?: readonly Parameter[];
  readonly outputs?: readonly Parameter[];
}

const rows: readonly AbiRow[] = [...jobEscrowAbi, ...stakeRegistryAbi];

function rowOf(type: string, name: string): AbiRow {
  const row = rows.find((one) => one.type === type && one.name === name);
  if (row === undefined) throw new Error(`the contracts have no ${type} ${name}`);
  return row;
}

function signatureOf({ name, inputs = [] }: AbiRow): string {
  return `${name}(${inputs.map(({ type }) => type).join(",")})`;
}

describe("what an audit reads", () => {
  it.each(Object.entries(auditedEvents))("event %s", (name, signature) => {
    const row = rowOf("event", name);
    expect(signatureOf(row)).toBe(signature);
    // Indexed ones come first, and the first of them is the escrow.
    const indexed = (row.inputs ?? []).map((one) => one.indexed === true);
    expect(indexed).toEqual([...indexed].sort((a, b) => Number(b) - Number(a)));
    expect(row.inputs?.[0]).toMatchObject({ name: "escrowId", indexed: true });
  });

  it.each(Object.entries(auditedViews))("view %s", (name, signature) => {
    expect(signatureOf(rowOf("function", name))).toBe(signature);
  });

  it("finds the figures where it looks for them", () => {
    const members = (name: string) => rowOf("function", name).outputs?.[0]?.components?.map((one) => one.name) ?? [];
    expect(members("escrow").slice(8, 11)).toEqual(["budget", "allotted", "claimed"]);
    expect(members("account").slice(0, 2)).toEqual(["allotted", "claimed"]);
    expect(members("pledgeOf").slice(0, 1)).toEqual(["amount"]);
  });

  it("follows every event that moves money of an escrow or a pledge", () => {
    const moving = rows.filter(
      ({ type, inputs = [] }) =>
        type === "event" && inputs[0]?.name === "escrowId" && inputs.some(({ type: of }) => /^uint(96|128)$/.test(of)),
    );
    for (const { name } of moving) expect(Object.keys(auditedEvents)).toContain(name);
  });
});
