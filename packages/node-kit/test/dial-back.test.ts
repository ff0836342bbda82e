// Asking a peer whether it can reach us.
import { createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { askDialBack, serveDialBack } from "../src/dial-back.ts";
import { startNode } from "./libp2p/setup.ts";

async function listening(): Promise<number> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

test("a peer dials back to the port that it is asked for, and says whether somebody was there", async () => {
  const [server, client] = await Promise.all([startNode(), startNode()]);
  await client.connect({ peerId: server.peerId, addresses: server.addresses() });
  const ask = (port: number) =>
    askDialBack(client, { peerId: server.peerId, port }, { signal: AbortSignal.timeout(20_000) });
  await expect(ask(1)).rejects.toThrow();
  await serveDialBack(server);
  expect(await ask(await listening())).toBe("yes");
  // Nobody listens there.
  expect(await ask(1)).toBe("no");
  await expect(ask(0)).rejects.toThrow();
});
