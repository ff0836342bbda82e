// The client against a node that misbehaves in every way: what is tried again, what is not, and what an error says.
import { afterEach, describe, expect, it } from "vitest";
import { RpcClient } from "../../src/chain/client.ts";
import { RpcError } from "../../src/chain/rpc-error.ts";
import { answering, type FakeAnswer, type FakeNode, failing, refusing, startFakeNode } from "./fake-node.ts";

const quick = { timeoutMs: 5_000, triesMax: 3, backoffMs: 1 };

describe("the JSON-RPC client", () => {
  const open: FakeNode[] = [];
  afterEach(async () => {
    for (const node of open.splice(0)) await node.close();
  });

  async function node(...answers: FakeAnswer[]): Promise<{ fake: FakeNode; rpc: RpcClient }> {
    const fake = await startFakeNode(answers);
    open.push(fake);
    return { fake, rpc: new RpcClient(fake.url, quick) };
  }

  async function errorOf(asking: Promise<unknown>): Promise<unknown> {
    return asking.then(
      () => null,
      (error: unknown) => error,
    );
  }

  it("asks again when the node is in trouble", async () => {
    const { fake, rpc } = await node(failing(503, "busy"), failing(503, "busy"), answering({ eth_chainId: "0x1" }));
    expect(await rpc.request("eth_chainId", [])).toBe("0x1");
    expect(fake.count()).toBe(3);
  });

  it("gives up after a few tries, and says that the node could not be reached", async () => {
    const { fake, rpc } = await node(failing(503, "busy"));
    expect(await errorOf(rpc.request("eth_chainId", []))).toMatchObject({ name: "RpcError", code: "unreachable" });
    expect(fake.count()).toBe(3);
  });

  it("says why nothing answers", async () => {
    const { fake, rpc } = await node(answering({}));
    await fake.close();
    const error = await errorOf(rpc.request("eth_chainId", []));
    expect(error).toMatchObject({ code: "unreachable" });
    expect(String(error)).toContain("ECONNREFUSED");
  });

  it("does not ask again when the node refuses, keeps the data and cuts the message", async () => {
    const { fake, rpc } = await node(refusing({ code: 3, message: "execution reverted ".repeat(100), data: "0xABCD" }));
    const error = await errorOf(rpc.request("eth_call", []));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: "rejected", rpcCode: 3, data: "0xabcd" });
    expect((error as RpcError).message.length).toBeLessThanOrEqual(300);
    expect(fake.count()).toBe(1);
  });

  it("asks again where the node has had too many requests, and says so in the end", async () => {
    const busy = refusing({ code: -32_005, message: "limit exceeded" });
    const { rpc } = await node(busy, answering({ eth_chainId: "0x1" }));
    expect(await rpc.request("eth_chainId", [])).toBe("0x1");
    const always = await node(busy);
    expect(await errorOf(always.rpc.request("eth_chainId", []))).toMatchObject({ code: "rejected", rpcCode: -32_005 });
    expect(always.fake.count()).toBeGreaterThan(1);
  });

  it("finds the data where other nodes put it", async () => {
    const { rpc } = await node(refusing({ code: 3, message: "reverted", data: { data: "0x01" } }));
    expect(await errorOf(rpc.request("eth_call", []))).toMatchObject({ data: "0x01" });
  });

  it("tells nonsense from trouble", async () => {
    const { fake, rpc } = await node(
      failing(200, "<html>"),
      failing(200, "{}"),
      failing(200, "[{}]"),
      failing(200, "[]"),
    );
    for (let i = 0; i < 4; i += 1) {
      expect(await errorOf(rpc.request("eth_chainId", []))).toMatchObject({ code: "malformed" });
    }
    expect(fake.count()).toBe(4);
  });

  it("gives a slow node a limited time", async () => {
    const { fake } = await node(() => undefined);
    const rpc = new RpcClient(fake.url, { timeoutMs: 20, triesMax: 2, backoffMs: 1 });
    expect(await errorOf(rpc.request("eth_chainId", []))).toMatchObject({ code: "timeout" });
  });

  it("stops when its caller does, with the caller's reason", async () => {
    const stop = new AbortController();
    const { rpc } = await node(() => stop.abort(new Error("enough")));
    expect(await errorOf(rpc.request("eth_chainId", [], { signal: stop.signal }))).toMatchObject({ message: "enough" });
  });

  it("matches the answers of a batch by id, whatever their order", async () => {
    const { rpc } = await node((calls, response) => {
      response.end(JSON.stringify(calls.map(({ id, params }) => ({ id, result: params[0] })).reverse()));
    });
    const calls = ["a", "b", "c"].map((text) => ({ method: "echo", params: [text] }));
    expect(await rpc.batch(calls)).toEqual(["a", "b", "c"]);
    expect(await rpc.batch([])).toEqual([]);
  });

  it("can't be told of heads over HTTP", async () => {
    const { rpc } = await node(answering({}));
    expect(rpc.pushes).toBe(false);
    expect(await errorOf(rpc.subscribeHeads(() => undefined))).toMatchObject({ code: "rejected" });
  });
});
