// Pulls of many at a time: nobody waits for another payer's registry, and nothing is pulled for nobody.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ImageSource, Images } from "../../src/shell/executors/oci/images.ts";
import { layer } from "./oci-images.ts";

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const named = (bytes: Uint8Array) => ({ digest: digestOf(bytes), size: bytes.length });
const content = layer([{ name: "tool", content: Buffer.from("a tool") }]);

/** The parts of an image of this name. */
function partsOf(name: string): readonly [Buffer, Buffer, Buffer] {
  const rootfs = { diff_ids: [digestOf(content)] };
  const config = json({ os: "linux", architecture: "amd64", config: { Cmd: [name] }, rootfs });
  return [json({ schemaVersion: 2, config: named(config), layers: [named(content)] }), config, Buffer.from(content)];
}

let server: Server;
let host: string;
let folder: string;
let images: Images;
let closing: AbortController;
/** Repositories that were asked for something, and what they have not answered yet. */
let asked: string[];
let held: Map<string, ServerResponse>;
/** How an image is answered for: at once, or the layer only when the test says so. */
let isSlow: (repository: string) => boolean;

beforeEach(async () => {
  asked = [];
  held = new Map();
  isSlow = (repository) => repository.startsWith("slow");
  server = createServer((request, response) => {
    const [, repository = "", digest] = /^\/v2\/(.*)\/(?:manifests|blobs)\/(.*)$/.exec(request.url ?? "") ?? [];
    asked.push(repository);
    const part = partsOf(repository).find((one) => digestOf(one) === digest);
    if (part === undefined) response.writeHead(404).end();
    else if (digest !== digestOf(content) || !isSlow(repository)) response.end(part);
    else {
      response.write(part.subarray(0, 1));
      held.set(repository, response);
      server.emit("held", repository);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  folder = mkdtempSync(join(tmpdir(), "oci-pulls-"));
  closing = new AbortController();
  images = imagesWith({});
});
afterEach(async () => {
  closing.abort();
  await images.ended();
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function imagesWith(more: { readonly pulledBytesMax?: number }): Images {
  const engine = {
    loadImage: async (archive: AsyncIterable<Uint8Array>) => {
      for await (const _piece of archive);
    },
    removeImage: async () => undefined,
  };
  const { signal } = closing;
  return new Images(engine, { key: "key", folder: join(folder, "pulls"), rootFolder: folder, signal, ...more });
}

const sourceOf = (repository: string): ImageSource => ({
  kind: "registry",
  name: { registry: host, repository, digest: digestOf(partsOf(repository)[0]) },
});

/** Waits for an image, until told to stop; what comes of it is a value. */
function wait(payer: string, repository: string) {
  const waiting = new AbortController();
  const outcome = images
    .load(sourceOf(repository), { payer, signal: waiting.signal })
    .then(({ kind }): string => kind)
    .catch(() => "given up");
  return { outcome, stop: () => waiting.abort() };
}

async function isHeld(repository: string): Promise<void> {
  while (!held.has(repository)) await once(server, "held");
}

test("nobody waits for another payer's registry, not even for an image that he waits for too", async () => {
  const slow = wait("a", "slow");
  const behind = wait("a", "tool");
  await isHeld("slow");
  expect(await wait("b", "tool").outcome).toBe("loaded");
  held.get("slow")?.end(content.subarray(1));
  expect(await Promise.all([slow.outcome, behind.outcome])).toEqual(["loaded", "loaded"]);
  // What somebody else has pulled meanwhile is not pulled again.
  expect(asked.filter((one) => one === "tool")).toHaveLength(3);
});

test("what nobody waits for any more is pulled no further, and what waits for its turn not at all", async () => {
  const first = wait("a", "slow");
  const second = wait("a", "slow2");
  const third = wait("a", "tool");
  await isHeld("slow");
  second.stop();
  expect(await second.outcome).toBe("given up");
  const closed = once(held.get("slow") as ServerResponse, "close");
  first.stop();
  await closed;
  expect(await first.outcome).toBe("given up");
  expect(await third.outcome).toBe("loaded");
  expect(asked).not.toContain("slow2");
  await images.ended();
  expect(readdirSync(join(folder, "pulls"))).toEqual([]);
});

test("a pull goes on while one of those who want it waits, and begins anew for who comes after all have gone", async () => {
  const [gone, stays] = [wait("a", "slow"), wait("a", "slow")];
  await isHeld("slow");
  gone.stop();
  expect(await gone.outcome).toBe("given up");
  held.get("slow")?.end(content.subarray(1));
  expect(await stays.outcome).toBe("loaded");
  const last = wait("a", "slow2");
  await isHeld("slow2");
  last.stop();
  expect(await last.outcome).toBe("given up");
  isSlow = () => false;
  expect(await wait("a", "slow2").outcome).toBe("loaded");
});

test("only so much lies on the disk at a time, and what has gone leaves room", async () => {
  images = imagesWith({ pulledBytesMax: content.length });
  const slow = wait("a", "slow");
  await isHeld("slow");
  const { signal } = new AbortController();
  const refused = await images.load(sourceOf("tool"), { payer: "b", signal });
  expect(refused).toMatchObject({ kind: "unreachable", message: expect.stringContaining("no room here") });
  slow.stop();
  await images.ended();
  expect(await wait("b", "tool").outcome).toBe("loaded");
});
