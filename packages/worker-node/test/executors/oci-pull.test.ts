// Images out of registries: what arrives is what the digest names, and of what does not arrive it is told whose trouble that is.
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpGet } from "../../src/shell/executors/oci/http-get.ts";
import { imageOf, refusalOf } from "../../src/shell/executors/oci/image.ts";
import { pullImage } from "../../src/shell/executors/oci/pull.ts";
import { originOf, RegistryError } from "../../src/shell/executors/oci/registry.ts";
import { layer } from "./oci-images.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const text = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const digestOf = (bytes: Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
const named = (bytes: Uint8Array) => ({ digest: digestOf(bytes), size: bytes.length });

const plain = layer([{ name: "tool", content: Buffer.from("a tool") }]);
const packed = gzipSync(plain);
const configOf = (architecture: string) =>
  text({ os: "linux", architecture, config: { Cmd: ["/tool"] }, rootfs: { diff_ids: [digestOf(plain)] } });
const config = configOf("amd64");
const manifest = text({ schemaVersion: 2, config: named(config), layers: [named(packed)] });
const index = text({
  manifests: [
    { ...named(Buffer.from("another")), platform: { os: "linux", architecture: "arm64" } },
    { ...named(manifest), platform: { os: "linux", architecture: "amd64" } },
  ],
});

/** A registry of one repository, `team/tool`. */
class Registry {
  readonly #server: Server;
  readonly blobs = new Map<string, Uint8Array>();
  /** Answers before it does; null leaves it to the registry. */
  answer: Answer | null = null;
  asked: string[] = [];

  constructor() {
    for (const bytes of [config, packed, manifest, index]) this.put(bytes);
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? "");
      if (this.answer === null) this.serve(request, response);
      else this.answer(request, response);
    });
  }

  put(bytes: Uint8Array): string {
    this.blobs.set(digestOf(bytes), bytes);
    return digestOf(bytes);
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const [, digest = ""] = /^\/v2\/team\/tool\/(?:manifests|blobs)\/(.*)$/.exec(request.url ?? "") ?? [];
    const bytes = this.blobs.get(digest);
    if (bytes === undefined) response.writeHead(404).end();
    else response.end(bytes);
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

let server: Registry;
let host: string;
let folder: string;
beforeEach(async () => {
  reserved = [];
  server = new Registry();
  host = await server.start();
  folder = mkdtempSync(join(tmpdir(), "oci-pull-"));
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

let reserved: number[];
const reserve = (bytes: number): void => {
  reserved.push(bytes);
};
const pull = (digest: string, signal = new AbortController().signal) =>
  pullImage({ registry: host, repository: "team/tool", digest }, join(folder, "pull"), { reserve, signal });
/** Whose trouble it is, with the words. */
async function trouble(digest: string, signal?: AbortSignal): Promise<readonly [string, string]> {
  try {
    await imageOf(await pull(digest, signal));
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== null) return [refusal.kind, refusal.message];
    if (error instanceof RegistryError) return ["registry", error.message];
    throw error;
  }
  throw new Error("it was pulled");
}

describe("a pulled image", () => {
  test.each([
    ["by its manifest", manifest],
    ["by an index with one for each processor", index],
  ])("is the one that is named: %s", async (_what, bytes) => {
    const image = await imageOf(await pull(digestOf(bytes)));
    expect(image).toMatchObject({ command: ["/tool"], layers: [{ diffId: digestOf(plain) }] });
    expect(server.asked.some((url) => url.includes("arm64"))).toBe(false);
  });

  test("with a layer twice fetches it once", async () => {
    const both = text({ ...JSON.parse(String(manifest)), layers: [named(packed), named(packed)] });
    const parts = await pull(server.put(both));
    expect(parts.layers).toHaveLength(2);
    expect(server.asked.filter((url) => url.includes(digestOf(packed)))).toHaveLength(1);
  });

  test("comes with a token where the registry gives one to everybody", async () => {
    server.answer = (request, response) => {
      if (request.url?.startsWith("/token")) {
        expect(request.url).toBe("/token?scope=repository%3Ateam%2Ftool%3Apull&service=registry");
        response.end(JSON.stringify({ token: "for.anybody" }));
      } else if (request.headers.authorization === "Bearer for.anybody") server.serve(request, response);
      else {
        const challenge = `Bearer realm="http://${host}/token",service="registry",scope="x"`;
        response.writeHead(401, { "www-authenticate": challenge }).end();
      }
    };
    expect((await pull(digestOf(manifest))).layers).toHaveLength(1);
  });

  test("may lie elsewhere in the same registry", async () => {
    server.answer = (request, response) => {
      const { url = "" } = request;
      if (url.includes("/blobs/") && !url.startsWith("/stored"))
        response.writeHead(307, { location: `/stored${url}` }).end();
      else {
        request.url = url.replace("/stored", "");
        server.serve(request, response);
      }
    };
    expect((await pull(digestOf(manifest))).layers).toHaveLength(1);
  });
});

describe("what the payer must mend", () => {
  test("is an image that the registry does not have", async () => {
    const missing = digestOf(Buffer.from("nothing"));
    const words = `the registry ${host} has no team/tool@${missing}`;
    expect(await trouble(missing)).toEqual(["badProgram", words]);
  });

  test("is an image without one of its layers", async () => {
    server.blobs.delete(digestOf(packed));
    expect(await trouble(digestOf(manifest))).toEqual(["badProgram", expect.stringContaining("has no team/tool@")]);
  });

  test.each([401, 403])("is one that not everybody may have (%i)", async (status) => {
    server.answer = (_request, response) => response.writeHead(status).end();
    expect(await trouble(digestOf(manifest))).toEqual([
      "badProgram",
      expect.stringContaining("workers have no credentials; use an archive"),
    ]);
  });

  test.each([
    { what: "of another processor", its: configOf("arm64"), layers: [named(packed)], words: "linux/arm64" },
    { what: "without layers", its: config, layers: [], words: "it has 0 layers" },
    {
      what: "that is too large",
      its: config,
      layers: [{ ...named(packed), size: 9 * 1024 ** 3 }],
      words: "at most 8589934592 are pulled",
    },
    {
      what: "with a configuration that is too large",
      its: Buffer.alloc(1_048_577, " "),
      layers: [named(packed)],
      words: "is larger than 1048576 bytes",
    },
    {
      what: "with a layer that is smaller than it says",
      its: config,
      layers: [{ ...named(packed), size: packed.length + 1 }],
      words: "has another size",
    },
    {
      what: "with a part that has no digest of SHA-256",
      its: config,
      layers: [{ digest: "md5:1", size: 1 }],
      words: "no digest of SHA-256",
    },
  ])("is one $what", async ({ its, layers, words }) => {
    server.put(its);
    const [kind, message] = await trouble(server.put(text({ config: named(its), layers })));
    expect(kind).toMatch(/^bad(Module|Program)$/);
    expect(message).toContain(words);
    // What its sizes say is known before anything of it is fetched.
    if (words.includes("at most")) expect(server.asked.some((url) => url.includes(digestOf(packed)))).toBe(false);
  });

  test("is a manifest without an end", async () => {
    server.answer = (_request, response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(65_536, " ")));
        response.once("drain", more);
      };
      more();
    };
    expect(await trouble(digestOf(manifest))).toEqual(["badModule", expect.stringContaining("is larger than 1048576")]);
  });
});

describe("what may go better elsewhere", () => {
  test("is a registry that can't be reached", async () => {
    await server.stop();
    expect(await trouble(digestOf(manifest))).toEqual([
      "registry",
      `the registry ${host} can't be reached from here (ECONNREFUSED)`,
    ]);
    server = new Registry();
  });

  test.each([500, 503, 429])("is one that answers with status %i", async (status) => {
    server.answer = (_request, response) => response.writeHead(status).end();
    expect(await trouble(digestOf(manifest))).toEqual([
      "registry",
      `the registry ${host} answers with status ${status}`,
    ]);
  });

  test.each([manifest, config, packed])("is a part that is not what its digest says (%#)", async (part) => {
    const changed = Buffer.from(part);
    changed[changed.length - 1] = 0x20;
    server.blobs.set(digestOf(part), changed);
    expect(await trouble(digestOf(manifest))).toEqual(["registry", expect.stringContaining("is something else")]);
  });

  test.each([config, packed])("is a part of which more bytes come than its manifest says (%#)", async (part) => {
    server.blobs.set(digestOf(part), Buffer.concat([part, Buffer.alloc(1)]));
    const words = `larger than the ${part.length} bytes`;
    expect(await trouble(digestOf(manifest))).toEqual(["registry", expect.stringContaining(words)]);
  });

  test("is one that ends in the middle, or takes too long", async () => {
    server.answer = (_request, response) => {
      response.writeHead(200, { "content-length": "1000" }).write("{", () => response.destroy());
    };
    expect(await trouble(digestOf(manifest))).toEqual(["registry", expect.stringContaining("can't be reached")]);
    const slow = new AbortController();
    server.answer = () => slow.abort();
    expect(await trouble(digestOf(manifest), slow.signal)).toEqual(["registry", `the registry ${host} took too long`]);
  });

  test.each([
    ["http://127.0.0.1:1/x", "not encrypted"],
    ["file:///etc/passwd", "not encrypted"],
    ["/v2/round", "from place to place"],
  ])("is one that sends us to %s", async (location, words) => {
    server.answer = (_request, response) => response.writeHead(302, { location }).end();
    expect(await trouble(digestOf(manifest))).toEqual(["registry", expect.stringContaining(words)]);
  });
});

describe("a registry that sends us into the network of the machine's owner", () => {
  let inner: TcpServer;
  let connections = 0;
  beforeEach(async () => {
    connections = 0;
    inner = createTcpServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", resolve));
  });
  afterEach(async () => {
    await new Promise((resolve) => inner.close(resolve));
  });
  const sendTo: Readonly<Record<string, (place: string) => Answer>> = {
    "a redirect": (location) => (_request, response) => response.writeHead(307, { location }).end(),
    "a token": (realm) => (_request, response) =>
      response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}"` }).end(),
  };

  test.each(
    Object.keys(sendTo).flatMap((way) =>
      ["127.0.0.1", "[::ffff:127.0.0.1]", "0x7f.1", "localhost"].map((name) => [way, name] as const),
    ),
  )("by %s to %s reaches nothing, and learns nothing", async (way, name) => {
    const { port } = inner.address() as AddressInfo;
    server.answer = sendTo[way]?.(`https://${name}:${port}/`) ?? null;
    const words = `where the registry ${host} sends us can't be reached from here`;
    expect(await trouble(digestOf(manifest))).toEqual(["registry", words]);
    expect(connections).toBe(0);
  });

  test("is told so of every address that a name has, and not of those that are allowed", async () => {
    const url = new URL(`http://localhost:${host.split(":")[1]}/v2/team/tool/manifests/${digestOf(manifest)}`);
    const { signal } = new AbortController();
    const seen: string[] = [];
    const allowed = (isAllowed: boolean) => (address: string) => {
      seen.push(address);
      return isAllowed;
    };
    await expect(httpGet({ url, headers: {}, allows: allowed(false), signal })).rejects.toThrow("not allowed");
    const answer = await httpGet({ url, headers: {}, allows: allowed(true), signal });
    expect(answer.status).toBe(200);
    answer.body.destroy();
    expect(seen).toContain("127.0.0.1");
  });
});

test("what is pulled lies in the folder that was named, and nowhere else", async () => {
  await pull(digestOf(manifest));
  expect(reserved).toEqual([packed.length]);
  expect(readdirSync(folder)).toEqual(["pull"]);
  expect(readdirSync(join(folder, "pull"))).toEqual(["0"]);
});

test.each([
  ["reg.example:443", "https://reg.example"],
  ["reg.example:5000", "https://reg.example:5000"],
  ["127.0.0.1:80", "http://127.0.0.1"],
])("a registry named %s is at home at %s, where its token belongs", (registry, origin) => {
  expect(originOf(registry)).toBe(origin);
  expect(new URL("/v2/", origin).origin).toBe(origin);
});
