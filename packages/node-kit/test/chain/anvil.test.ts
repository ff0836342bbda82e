// The local chain as a process: it can't outlive its parent, it keeps its state, and the watcher survives its absence.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Anvil, startAnvil } from "../../src/chain/anvil.ts";
import { type SeenHead, watchHeads } from "../../src/chain/block-watcher.ts";
import { mineBlock, mineEvery, mineOnDemand } from "../../src/chain/chain-control.ts";
import { RpcClient } from "../../src/chain/client.ts";
import { devnetAccounts } from "../../src/chain/devnet-accounts.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const account = devnetAccounts(0).coordinator.address;

/** Collects what a watcher tells, and lets a test wait for it. */
class Told {
  readonly heads: SeenHead[] = [];
  readonly reachable: boolean[] = [];
  readonly reasons: unknown[] = [];
  #wake: () => void = () => undefined;

  onHead(head: SeenHead): void {
    this.heads.push(head);
    this.#wake();
  }

  onReachable(reachable: boolean, error: unknown): void {
    this.reachable.push(reachable);
    if (!reachable) this.reasons.push(error);
    this.#wake();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

describe("a local chain", () => {
  it("dies with its parent, however that one dies", async () => {
    const module = JSON.stringify(new URL("../../src/chain/anvil.ts", import.meta.url).href);
    const program = `const { startAnvil } = await import(${module}); const anvil = await startAnvil(); console.log(anvil.port);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [printed]: unknown[] = await once(parent.stdout, "data");
    const socket = connect(Number(String(printed)), "127.0.0.1");
    await once(socket, "connect");
    parent.kill("SIGKILL");
    // The kernel closes the chain's sockets with its process.
    socket.resume();
    await Promise.race([once(socket, "close"), once(socket, "error")]);
    // Its sockets are closed one after the other: until the last one is, a connection may still be taken, and is dropped.
    let code = "ECONNRESET";
    while (code === "ECONNRESET") {
      const [error]: unknown[] = await once(connect(Number(String(printed)), "127.0.0.1"), "error");
      code = (error as NodeJS.ErrnoException).code ?? "";
    }
    expect(code).toBe("ECONNREFUSED");
  });

  it("stops when asked, twice as well, and keeps its state in a file", async () => {
    const directory = temporaryDirectory();
    const stateFile = join(directory, "state.json");
    const first = await startAnvil({ stateFile });
    const rpc = new RpcClient(first.httpUrl);
    await mineBlock(rpc);
    await mineBlock(rpc);
    await first.stop();
    await first.stop();
    expect(await first.exited).not.toBeUndefined();
    const second = await startAnvil({ stateFile });
    expect(await new RpcClient(second.httpUrl).request("eth_blockNumber", [])).toBe("0x2");
    await second.stop();
  });

  it("says why it did not start", async () => {
    const taken = await startAnvil();
    await expect(startAnvil({ port: taken.port })).rejects.toThrow(/ended with code/);
    await taken.stop();
  });

  it("mines by the clock once it is told to", async () => {
    const anvil = await startAnvil();
    const rpc = new RpcClient(anvil.wsUrl);
    const told = new Told();
    const stop = new AbortController();
    const watching = watchHeads(rpc, told, { account, signal: stop.signal });
    await mineEvery(rpc, 1);
    await told.until(() => told.heads.length >= 3);
    stop.abort();
    await watching;
    rpc.close();
    await anvil.stop();
  });
});

describe.each(["ws", "http"] as const)("watching heads over %s", (kind) => {
  const urlOf = (anvil: Anvil): string => (kind === "ws" ? anvil.wsUrl : anvil.httpUrl);

  it("tells of every new head once, and comes back when the node does", async () => {
    const first = await startAnvil();
    const control = new RpcClient(first.httpUrl);
    await mineOnDemand(control);
    const rpc = new RpcClient(urlOf(first), { triesMax: 1, backoffMs: 1 });
    const told = new Told();
    const stop = new AbortController();
    const watching = watchHeads(rpc, told, { account, signal: stop.signal, pollMs: 10 });
    await told.until(() => told.heads.length === 1);
    await mineBlock(control);
    await told.until(() => told.heads.length === 2);
    expect(told.heads.map((head) => head.number)).toEqual([0, 1]);
    expect(told.heads[1]).toMatchObject({ type: "headSeen", accountNonce: 0 });
    expect(told.reachable).toEqual([true]);

    await first.stop();
    await told.until(() => told.reachable.length === 2);
    expect(told.reasons).toMatchObject([
      { code: "unreachable", message: expect.stringMatching(/connection|no answer/) },
    ]);
    const second = await startAnvil({ port: first.port });
    await told.until(() => told.reachable.length === 3);
    expect(told.reachable).toEqual([true, false, true]);
    stop.abort();
    await watching;
    rpc.close();
    await second.stop();
  });
});
