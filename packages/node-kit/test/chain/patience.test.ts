// A daemon that starts before its chain's node answers: it waits, says what for, and gives up only where waiting can't help.
import { afterEach, describe, expect, it } from "vitest";
import { RpcClient } from "../../src/chain/client.ts";
import { whenReachable } from "../../src/chain/patience.ts";
import { answering, type FakeAnswer, type FakeNode, failing, refusing, startFakeNode } from "./fake-node.ts";

const busy = refusing({ code: -32_005, message: "limit exceeded" });

describe("a node that does not answer yet", () => {
  const open: FakeNode[] = [];
  afterEach(async () => {
    for (const node of open.splice(0)) await node.close();
  });

  async function asked(answers: readonly FakeAnswer[], limitMs: number) {
    const fake = await startFakeNode(answers);
    open.push(fake);
    const rpc = new RpcClient(fake.url, { triesMax: 1 });
    const heard: string[] = [];
    const answer = whenReachable(() => rpc.request("eth_chainId", []), {
      signal: AbortSignal.timeout(30_000),
      limitMs,
      pauseMs: 1,
      pauseMsMax: 4,
      onSilence: (error) => heard.push(String(error)),
    });
    return { fake, heard, answer };
  }

  it("is asked until it answers, and every silence is told", async () => {
    const { answer, heard } = await asked([busy, failing(503, "down"), busy, answering({ eth_chainId: "0x1" })], 1_000);
    expect(await answer).toBe("0x1");
    expect(heard).toHaveLength(3);
    expect(heard[0]).toContain("limit exceeded");
  });

  it("is given up after the limit, with its last error", async () => {
    const { answer, heard, fake } = await asked([busy], 10);
    await expect(answer).rejects.toThrow("limit exceeded");
    // Pauses of 1, 2, 4 and 4 ms: the fifth question is the last.
    expect(heard).toHaveLength(4);
    expect(fake.count()).toBe(5);
  });

  it("is not asked again when it refuses", async () => {
    const { answer, heard, fake } = await asked([refusing({ code: 3, message: "execution reverted" })], 1_000);
    await expect(answer).rejects.toThrow("execution reverted");
    expect(heard).toHaveLength(0);
    expect(fake.count()).toBe(1);
  });
});
