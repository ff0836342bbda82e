// What the API says of a worker when the chain is silent: nothing of its stake, which is not the same as none.
import type { CallContext } from "@starling/node-kit";
import type { GetNodeRequest, GetNodeResponse } from "@starling/protocol/rpc";
import { expect, test } from "vitest";
import type { ApiDeps } from "../../src/shell/api/deps.ts";
import { nodeService } from "../../src/shell/api/node-service.ts";
import { config } from "../core/world/fixtures.ts";
import { World } from "../core/world/world.ts";

type GetNode = (request: GetNodeRequest, context: CallContext) => Promise<GetNodeResponse>;

async function stakeWith(stake: () => Promise<{ readonly stake: bigint }>): Promise<string | undefined> {
  const world = new World(config());
  const { address } = world.join("a");
  const engine = { read: (read: (state: World["state"]) => unknown) => read(world.state) };
  const { handlers } = nodeService({ engine, queries: { stake } } as unknown as ApiDeps);
  const context = { identity: { kind: "owner" }, signal: new AbortController().signal } as unknown as CallContext;
  const { node } = await (handlers.getNode as GetNode)({ worker: address }, context);
  return node?.stake;
}

test("a stake that the chain tells is told, also when it is nothing", async () => {
  expect(await stakeWith(async () => ({ stake: 5n }))).toBe("5");
  expect(await stakeWith(async () => ({ stake: 0n }))).toBe("0");
});

test("a stake that the chain does not tell is unknown", async () => {
  expect(await stakeWith(() => Promise.reject(new Error("the chain is away")))).toBe("");
});
