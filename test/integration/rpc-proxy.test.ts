// The faulty line between a daemon and its chain does what it says, so that tests behind it test something.
import { type Anvil, mineBlock, mineOnDemand, RpcClient, RpcError, startAnvil } from "@starling/node-kit";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { within } from "../harness/deadline.ts";
import { type FateKind, faultPlan, honestPlan } from "../harness/rpc-faults.ts";
import { RpcProxy } from "../harness/rpc-proxy.ts";

const only = (kind: FateKind) => faultPlan(1, { [kind]: 1_000 }, 5);
const once = { triesMax: 1, timeoutMs: 60_000 };

describe("fates", () => {
  const rates = { drop: 100, twice: 200, late: 50 };
  const draw = (seed: number) => {
    const plan = faultPlan(seed, rates, 100);
    return Array.from({ length: 2_000 }, () => plan("eth_call"));
  };

  it("come again with their seed, and differ with another", () => {
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("come as often as their rates say", () => {
    const drawn = draw(3);
    const share = (kind: FateKind) => drawn.filter((fate) => fate.kind === kind).length / drawn.length;
    expect(share("drop")).toBeCloseTo(0.1, 1);
    expect(share("twice")).toBeCloseTo(0.2, 1);
    expect(share("pass")).toBeCloseTo(0.65, 1);
    expect(share("cut")).toBe(0);
  });

  it("of one method do not depend on how often another is called", () => {
    const [one, other] = [faultPlan(5, rates, 100), faultPlan(5, rates, 100)];
    for (let i = 0; i < 10; i += 1) other("eth_getLogs");
    for (let i = 0; i < 50; i += 1) expect(one("eth_call")).toEqual(other("eth_call"));
  });
});

describe.each(["httpUrl", "wsUrl"] as const)("a proxy by its %s", (url) => {
  let anvil: Anvil;
  let node: RpcClient;
  let proxy: RpcProxy;
  let client: RpcClient;
  let seen: string[];
  beforeAll(async () => {
    anvil = await startAnvil();
    node = new RpcClient(anvil.httpUrl);
    await mineOnDemand(node);
    proxy = await RpcProxy.start(anvil);
    client = new RpcClient(proxy[url], once);
  });
  afterAll(async () => {
    client.close();
    node.close();
    await proxy.close();
    await anvil.stop();
  });
  beforeEach(() => {
    seen = [];
    proxy.plan = honestPlan;
    proxy.lies = {};
    proxy.hook = ({ method }, moment) => void seen.push(`${moment} ${method}`);
  });

  it("is the node while nothing is wrong", async () => {
    const block = await client.request("eth_getBlockByNumber", ["latest", false]);
    expect(block).toEqual(await node.request("eth_getBlockByNumber", ["latest", false]));
    const several = [1, 2, 3].map(() => ({ method: "eth_blockNumber", params: [] }));
    expect(await client.batch(several)).toEqual(await node.batch(several));
    expect(seen.slice(0, 2)).toEqual(["before eth_getBlockByNumber", "after eth_getBlockByNumber"]);
  });

  it("passes a node's refusal on, with its code", async () => {
    const refused = await client.request("eth_nothing", []).catch((error: unknown) => error);
    const truth = await node.request("eth_nothing", []).catch((error: unknown) => error);
    expect(refused).toEqual(truth);
  });

  it.each(["delay", "late", "twice"] as const)("gives the answer over the fate %s", async (kind) => {
    proxy.plan = only(kind);
    expect(await client.request("eth_chainId", [])).toBe("0x7a69");
    expect(proxy.met.get(kind)).toBe(1);
  });

  it.each(["refuse", "refuseAfter"] as const)("answers with an error over the fate %s", async (kind) => {
    proxy.plan = only(kind);
    const failure = await client.request("eth_chainId", []).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "rejected", message: "limit exceeded" });
    expect(seen.length).toBe(kind === "refuse" ? 0 : 2);
  });

  it.each(["cut", "cutAfter"] as const)(
    "breaks the connection over the fate %s, and takes the next one",
    async (kind) => {
      proxy.plan = only(kind);
      const failure = await client.request("eth_chainId", []).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RpcError);
      expect(failure).toMatchObject({ code: "unreachable" });
      expect(seen.length).toBe(kind === "cut" ? 0 : 2);
      proxy.plan = honestPlan;
      expect(await client.request("eth_chainId", [])).toBe("0x7a69");
    },
  );

  it.each(["drop", "dropAfter"] as const)("says nothing over the fate %s", async (kind) => {
    const stop = new AbortController();
    const drawn = new Promise<void>((resolve) => {
      proxy.plan = (method) => {
        if (method !== "eth_chainId") return { kind: "pass", ms: 0 };
        resolve();
        return { kind, ms: 0 };
      };
    });
    const asked = client.request("eth_chainId", [], { signal: stop.signal });
    const silent = asked.catch((error: unknown) => error);
    await within("the proxy has the call", drawn);
    // What is asked later is answered earlier.
    await client.request("eth_blockNumber", []);
    stop.abort(new Error("nobody answers"));
    expect(await silent).toMatchObject({ message: "nobody answers" });
  });

  it("lies about the chain's id, and about nothing else", async () => {
    proxy.lies = { chainId: 1 };
    expect(await client.request("eth_chainId", [])).toBe("0x1");
    expect(await client.request("eth_blockNumber", [])).toBe(await node.request("eth_blockNumber", []));
  });

  it("knows no block after an old head", async () => {
    const headNumber = await mineBlock(node);
    proxy.lies = { headNumber };
    await mineBlock(node);
    expect(await client.request("eth_blockNumber", [])).toBe(`0x${headNumber.toString(16)}`);
    expect(await client.request("eth_getBlockByNumber", ["latest", false])).toMatchObject({
      number: `0x${headNumber.toString(16)}`,
    });
  });
});

describe("a proxy that is told of heads", () => {
  it("tells them on, and no later than its lie allows", async () => {
    const anvil = await startAnvil();
    const node = new RpcClient(anvil.httpUrl);
    await mineOnDemand(node);
    const proxy = await RpcProxy.start(anvil);
    const client = new RpcClient(proxy.wsUrl);
    try {
      const numbers: number[] = [];
      let told = (): void => undefined;
      const next = () =>
        new Promise<void>((resolve) => {
          told = resolve;
        });
      const { closed } = await client.subscribeHeads((head) => {
        numbers.push(Number((head as { readonly number: string }).number));
        told();
      });
      const first = next();
      const start = await mineBlock(node);
      await within("a head", first);
      proxy.lies = { headNumber: start };
      await mineBlock(node);
      proxy.lies = {};
      const later = next();
      await mineBlock(node);
      await within("a later head", later);
      expect(numbers).toEqual([start, start + 2]);
      proxy.cutAll();
      await within("the end of the subscription", closed);
      expect(await client.request("eth_chainId", [])).toBe("0x7a69");
    } finally {
      client.close();
      node.close();
      await proxy.close();
      await anvil.stop();
    }
  });
});
