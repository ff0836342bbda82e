// A large file from one node to another over the blob protocol: libp2p, chunks verified before they are written.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { BlobClient, type Network, openArtifactStore, openNetwork, serveBlobs } from "@starling/node-kit";
import type { BenchContext, Figure } from "../figure.ts";
import { goals } from "../goals.ts";
import { perSecond, timed } from "../support/statistics.ts";

const fileBytes = 256 * 1024 * 1024;
const warmBytes = 16 * 1024 * 1024;

/** Fetches and pushes between two nodes on loopback. */
export async function measure({ folder, signal, say }: BenchContext): Promise<readonly Figure[]> {
  const [server, client] = await Promise.all([node(), node()]);
  try {
    const bytesMax = 8 * fileBytes;
    const there = await openArtifactStore({ directory: join(folder, "there"), bytesMax });
    const here = await openArtifactStore({ directory: join(folder, "here"), bytesMax });
    await serveBlobs(server, there, { mayGet: () => true, mayPut: () => true });
    await client.connect({ peerId: server.peerId, addresses: server.addresses() }, { signal });
    const blobs = new BlobClient(client, here);
    const fetch = async (size: number): Promise<number> => {
      const { cid } = await there.put(new Uint8Array(randomBytes(size)));
      return perSecond(size / 1e6, (await timed(() => blobs.fetch(server.peerId, cid, size, signal))).ms);
    };
    const push = async (size: number): Promise<number> => {
      const { cid } = await here.put(new Uint8Array(randomBytes(size)));
      return perSecond(size / 1e6, (await timed(() => blobs.push(server.peerId, cid, signal))).ms);
    };
    await fetch(warmBytes);
    const fetched = await fetch(fileBytes);
    say(`fetched at ${Math.round(fetched)} MB/s`);
    await push(warmBytes);
    const pushed = await push(fileBytes);
    blobs.close();
    return [
      {
        name: "transfer, 256 MiB",
        ours: `fetch ${Math.round(fetched)} MB/s, push ${Math.round(pushed)} MB/s`,
        how: "between two nodes of one process on loopback, network threads apart; encrypted, verified, written and synced",
        values: { fetchMBPerSecond: fetched, pushMBPerSecond: pushed },
        beside: goals.transfer,
      },
    ];
  } finally {
    await Promise.all([server.close(), client.close()]);
  }
}

async function node(): Promise<Network> {
  return await openNetwork({
    networkId: "bench",
    privateKey: randomBytes(32),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    bootstrap: [],
    role: "client",
    profile: "small",
    topics: [],
    dht: false,
    gossip: false,
  });
}
