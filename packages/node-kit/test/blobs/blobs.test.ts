// Files between two real nodes: whole, in parts, by strangers, and from a peer that lies.
import { randomBytes } from "node:crypto";
import {
  type BlobResponse,
  blobProtocol,
  type Cid,
  chunkSize,
  contentIdOfBytes,
  decodeBlobRequest,
  decodeBlobResponse,
  encodeBlobRequest,
  encodeBlobResponse,
  manifestOfBytes,
} from "@starling/protocol";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { ArtifactStore } from "../../src/artifacts/artifact-store.ts";
import { fastSha256 } from "../../src/artifacts/chunk-hasher.ts";
import { openArtifactStore } from "../../src/artifacts/file-artifact-store.ts";
import { BlobClient } from "../../src/blobs/blob-client.ts";
import { type BlobPolicy, serveBlobs } from "../../src/blobs/blob-server.ts";
import type { Network } from "../../src/libp2p/network.ts";
import { openNetwork } from "../../src/libp2p/open-network.ts";
import { deadline, startNode, within } from "../libp2p/setup.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const open: BlobPolicy = { mayGet: () => true, mayPut: () => true };
const empty = new Uint8Array(0);

// Nodes are shared, for each costs half a second of a core; stores and policies are a test's own.
let server: Network;
let client: Network;
let there: ArtifactStore;
let policy: BlobPolicy;

async function nodeFor(): Promise<Network> {
  return await openNetwork({
    networkId: "test",
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

beforeAll(async () => {
  [server, client] = await Promise.all([nodeFor(), nodeFor()]);
  await serveBlobs(
    server,
    otherwise(() => there),
    {
      mayGet: (peer, cid) => policy.mayGet(peer, cid),
      mayPut: (peer, size) => policy.mayPut(peer, size),
    },
  );
  await client.connect({ peerId: server.peerId, addresses: server.addresses() }, { signal: deadline() });
});

afterAll(async () => {
  await Promise.all([server.close(), client.close()]);
});

async function newStore(): Promise<ArtifactStore> {
  return await openArtifactStore({ directory: temporaryDirectory(), bytesMax: 256 * 1024 * 1024 });
}

interface Pair {
  readonly here: ArtifactStore;
  readonly blobs: BlobClient;
}

/** Fresh stores on both sides, and this policy on the far one. */
async function pair(rules: BlobPolicy = open): Promise<Pair> {
  policy = rules;
  const stores = await Promise.all([newStore(), newStore()]);
  there = stores[0];
  const blobs = new BlobClient(client, stores[1]);
  onTestFinished(() => blobs.close());
  return { here: stores[1], blobs };
}

/** The store of the moment, which may read otherwise. */
function otherwise(store: () => ArtifactStore, changed: Partial<Pick<ArtifactStore, "open">> = {}): ArtifactStore {
  return {
    open: changed.open ?? ((cid, range, options) => store().open(cid, range, options)),
    put: (source, options) => store().put(source, options),
    import: (path, options) => store().import(path, options),
    stat: (cid) => store().stat(cid),
    manifest: (cid) => store().manifest(cid),
    readAll: (cid, bytesMax, options) => store().readAll(cid, bytesMax, options),
    writeTo: (cid, path, options) => store().writeTo(cid, path, options),
    reserve: (bytes) => store().reserve(bytes),
    beginFetch: (cid, manifest) => store().beginFetch(cid, manifest),
    pin: (cid) => store().pin(cid),
    unpin: (cid) => store().unpin(cid),
    remove: (cid) => store().remove(cid),
    stats: () => store().stats(),
  };
}

const bytesIn = async (where: ArtifactStore, cid: Cid): Promise<Uint8Array> => await where.readAll(cid, 2 ** 28);

describe("fetching", () => {
  it("brings files of every size", async () => {
    const { here, blobs } = await pair();
    for (const size of [0, 1, 256 * 1024, chunkSize, chunkSize + 1, 3 * chunkSize + 12_345]) {
      const bytes = new Uint8Array(randomBytes(size));
      const { cid } = await there.put(bytes);
      await blobs.fetch(server.peerId, cid, size, deadline());
      expect(Buffer.compare(await bytesIn(here, cid), bytes)).toBe(0);
    }
  });

  it("shares one transfer among callers, and goes on when one of them leaves", async () => {
    let asked = 0;
    const { here, blobs } = await pair({
      ...open,
      mayGet: () => {
        asked += 1;
        return true;
      },
    });
    const bytes = new Uint8Array(randomBytes(chunkSize + 7));
    const { cid } = await there.put(bytes);
    const impatient = new AbortController();
    const left = blobs.fetch(server.peerId, cid, bytes.length, impatient.signal);
    const others = [1, 2, 3].map(() => blobs.fetch(server.peerId, cid, bytes.length, deadline()));
    impatient.abort(new Error("no time"));
    await expect(left).rejects.toThrow("no time");
    await Promise.all(others);
    expect(here.stat(cid)?.size).toBe(bytes.length);
    // The manifest and two chunks, once.
    expect(asked).toBe(3);
  });

  it("is told that a file does not exist, whether it is missing or not for this peer", async () => {
    const secret = new Uint8Array(randomBytes(100));
    const { blobs } = await pair({ ...open, mayGet: () => false });
    const { cid } = await there.put(secret);
    await expect(blobs.fetch(server.peerId, cid, 100, deadline())).rejects.toMatchObject({ code: "artifactNotFound" });
    const large = `cid:${"0".repeat(64)}` as const;
    await expect(blobs.fetch(server.peerId, large, 2 * chunkSize, deadline())).rejects.toMatchObject({
      code: "artifactNotFound",
    });
  });

  it("keeps what it has verified, so that a second try fetches the rest", async () => {
    const { here, blobs } = await pair();
    const bytes = new Uint8Array(randomBytes(3 * chunkSize));
    const { cid } = await there.put(bytes);
    const partial = await here.beginFetch(cid, await there.manifest(cid));
    await partial.writeChunk(1, bytes.subarray(chunkSize, 2 * chunkSize));
    await partial.close();
    let pieces = 0;
    const whole = there;
    there = otherwise(() => whole, {
      open: (...args) => {
        pieces += 1;
        return whole.open(...args);
      },
    });
    await blobs.fetch(server.peerId, cid, bytes.length, deadline());
    expect(pieces).toBe(2);
    expect(Buffer.compare(await bytesIn(here, cid), bytes)).toBe(0);
  });

  it("takes nothing from a peer that sends other bytes", async () => {
    const [liar, here] = await Promise.all([startNode(), newStore()]);
    const right = new Uint8Array(randomBytes(2 * chunkSize));
    const manifest = manifestOfBytes(right, fastSha256);
    await liar.handle(blobProtocol, (stream) => {
      const answer = async (frame: Uint8Array): Promise<void> => {
        const request = decodeBlobRequest(frame);
        const { number } = request;
        if (request.type === "manifest") await stream.send(encodeBlobResponse({ number, type: "manifest", manifest }));
        if (request.type !== "get") return;
        for (let left = request.length; left > 0; left -= 256 * 1024) {
          const bytes = new Uint8Array(Math.min(left, 256 * 1024));
          await stream.send(encodeBlobResponse({ number, type: "piece", bytes }));
        }
        await stream.send(encodeBlobResponse({ number, type: "done" }));
      };
      let turn = Promise.resolve();
      stream.onFrame((frame) => {
        // The client hangs up when it notices.
        turn = turn.then(() => answer(frame)).catch(() => undefined);
      });
    });
    await client.connect({ peerId: liar.peerId, addresses: liar.addresses() }, { signal: deadline() });
    const blobs = new BlobClient(client, here);
    for (const wanted of [right, right.subarray(0, 1_000)]) {
      const cid = contentIdOfBytes(wanted, fastSha256);
      const fetched = blobs.fetch(liar.peerId, cid, wanted.length, deadline());
      await expect(fetched).rejects.toMatchObject({ code: "artifactCorrupt" });
      expect(here.stat(cid)).toBeNull();
    }
  });

  it("stops when its signal says so", async () => {
    const [mute, here] = await Promise.all([startNode(), newStore()]);
    const asked = new Promise<void>((resolve) => {
      void mute.handle(blobProtocol, (stream) => stream.onFrame(() => resolve()));
    });
    await client.connect({ peerId: mute.peerId, addresses: mute.addresses() }, { signal: deadline() });
    const stop = new AbortController();
    const fetched = new BlobClient(client, here).fetch(mute.peerId, contentIdOfBytes(empty), 0, stop.signal);
    await within(asked);
    stop.abort(new Error("stopped"));
    await expect(fetched).rejects.toThrow("stopped");
  });
});

describe("pushing", () => {
  it("gives files of every size, and those that are there already only by name", async () => {
    const { here, blobs } = await pair();
    for (const size of [0, 5, chunkSize, 2 * chunkSize + 99]) {
      const bytes = new Uint8Array(randomBytes(size));
      const { cid } = await here.put(bytes);
      await blobs.push(server.peerId, cid, deadline());
      expect(Buffer.compare(await bytesIn(there, cid), bytes)).toBe(0);
      await blobs.push(server.peerId, cid, deadline());
    }
  });

  it("is refused what the policy does not allow, and the stream is still good", async () => {
    const { here, blobs } = await pair({ ...open, mayPut: (_peer, size) => size <= 1_000 });
    const { cid: large } = await here.put(new Uint8Array(randomBytes(2 * chunkSize)));
    const { cid: small } = await here.put(new Uint8Array(randomBytes(1_000)));
    await expect(blobs.push(server.peerId, large, deadline())).rejects.toMatchObject({ code: "permissionDenied" });
    await blobs.push(server.peerId, small, deadline());
    expect(there.stat(large)).toBeNull();
    expect(there.stat(small)?.size).toBe(1_000);
  });

  it("can't store bytes under a name that is not theirs", async () => {
    const { here, blobs } = await pair();
    const bytes = new Uint8Array(randomBytes(500));
    const { cid } = await here.put(bytes);
    const forged = otherwise(() => here, {
      open: async function* () {
        yield new Uint8Array(500);
      },
    });
    await expect(new BlobClient(client, forged).push(server.peerId, cid, deadline())).rejects.toMatchObject({
      code: "artifactCorrupt",
    });
    expect(there.stat(cid)).toBeNull();
    await blobs.push(server.peerId, cid, deadline());
    expect(there.stat(cid)?.size).toBe(500);
  });

  it("runs many transfers at once over few streams", async () => {
    const { here, blobs } = await pair();
    const before = (await server.stats()).streams;
    const files = await Promise.all(
      Array.from({ length: 40 }, async () => await here.put(new Uint8Array(randomBytes(10_000)))),
    );
    await Promise.all(files.map(({ cid }) => blobs.push(server.peerId, cid, deadline())));
    expect(there.stats().count).toBe(40);
    expect((await server.stats()).streams - before).toBeLessThanOrEqual(4);
  });
});

describe("a server that is used badly", () => {
  const bounds = { sendMs: 300, idleReadBytes: 2 * chunkSize };
  let stored: ArtifactStore;
  let onClosed: () => void = () => undefined;
  async function* watched(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* pieces;
    } finally {
      onClosed();
    }
  }
  beforeAll(async () => {
    // The other way round, so that its bounds hold for no other test.
    await serveBlobs(
      client,
      otherwise(() => stored, { open: (cid, range) => watched(stored.open(cid, range)) }),
      { ...open, bounds },
    );
  });

  async function strangeStream(read: (response: BlobResponse) => void | Promise<void>) {
    const stream = await server.openStream(client.peerId, blobProtocol, { signal: deadline() });
    stream.onFrame((frame) => read(decodeBlobResponse(frame)));
    return stream;
  }

  it("reads no whole chunks for single bytes without end, and goes on serving whole ones", async () => {
    stored = await newStore();
    const { cid, size } = await stored.put(new Uint8Array(randomBytes(2 * chunkSize)));
    const answers: string[] = [];
    const stream = await strangeStream((response) => {
      if (response.type === "done" || response.type === "refused")
        answers.push(response.type === "refused" ? response.code : response.type);
    });
    for (let number = 1; number <= 3; number += 1)
      await stream.send(encodeBlobRequest({ type: "get", number, cid, offset: number, length: 1 }));
    await expect.poll(() => answers).toEqual(["done", "done", "overloaded"]);
    const there = await newStore();
    const blobs = new BlobClient(server, there);
    onTestFinished(() => blobs.close());
    const { cid: small } = await stored.put(new Uint8Array(randomBytes(1_000)));
    await blobs.fetch(client.peerId, small, 1_000, deadline());
    expect(there.stat(small)?.size).toBe(1_000);
    expect(size).toBe(2 * chunkSize);
    stream.abort(new Error("enough"));
  });

  it("waits for no reader that takes nothing", async () => {
    stored = await newStore();
    const size = 6 * chunkSize;
    const { cid } = await stored.put(new Uint8Array(randomBytes(size)));
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const stream = await strangeStream(() => new Promise(() => undefined));
    await stream.send(encodeBlobRequest({ type: "get", number: 1, cid, offset: 0, length: size }));
    await within(closed);
    stream.abort(new Error("enough"));
  });
});
