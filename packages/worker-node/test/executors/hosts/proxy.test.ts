// The proxy of a task lets it reach the hosts that it asked for and nothing else, whatever it sends and whatever names resolve to.
import { once } from "node:events";
import { createServer as createHttpServer, type Server as HttpServer } from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import os from "node:os";
import { text } from "node:stream/consumers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { isPublic } from "../../../src/shell/executors/oci/hosts/addresses.ts";
import { HostProxy } from "../../../src/shell/executors/oci/hosts/proxy.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function listening<T extends Server>(server: T): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Says everything back, and counts who came. */
async function echo(): Promise<{ readonly port: number; readonly came: () => number }> {
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  return { port: await listening(server), came: () => count };
}

interface Asked {
  readonly hosts: readonly string[];
  /** Addresses that the owner lists beside them. */
  readonly listed?: readonly string[];
  readonly addresses?: Readonly<Record<string, readonly string[]>>;
  readonly bytesMax?: number;
}

async function proxyFor({ hosts, listed = [], addresses = {}, bytesMax = 1_000_000 }: Asked) {
  const looked: string[] = [];
  const proxy = new HostProxy({
    hosts,
    bytesMax,
    listed: new Set([...hosts, ...listed]),
    resolve: async (name) => {
      looked.push(name);
      return addresses[name] ?? [];
    },
  });
  const server = proxy.listen({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  closing.push(() => proxy.close());
  const { port } = server.address() as AddressInfo;
  return { proxy, port, looked };
}

async function dialled(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  closing.push(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Until it is closed, in whichever way: a connection that is cut off may say so. */
async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => socket.once("close", () => resolve()));
}

/** Everything that is said until the other side ends, after this was sent. */
async function said(port: number, words: string): Promise<string> {
  const socket = await dialled(port);
  socket.write(words);
  return await text(socket).catch(() => "");
}

/** A tunnel through the proxy; throws where it is refused. */
async function tunnel(port: number, target: string): Promise<Socket> {
  const socket = await dialled(port);
  socket.write(`CONNECT ${target} HTTP/1.1\r\n\r\n`);
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString().startsWith("HTTP/1.1 200 ")) throw new Error(answer.toString());
  return socket;
}

describe("a host that a task asked for", () => {
  test("is reached by a tunnel under its name, and the bytes are counted in both directions", async () => {
    const { port: echoes } = await echo();
    const host = `api.example.org:${echoes}`;
    const addresses = { "api.example.org": ["127.0.0.1"] };
    const { proxy, port } = await proxyFor({ hosts: [host], listed: [`127.0.0.1:${echoes}`], addresses });
    const socket = await tunnel(port, host.toUpperCase());
    socket.write("hello");
    expect(String((await once(socket, "data"))[0])).toBe("hello");
    expect(proxy.bytes()).toEqual({ sent: 5, received: 5 });
  });

  test("takes what a client sends along with its question", async () => {
    const { port: echoes } = await echo();
    const host = `127.0.0.1:${echoes}`;
    const { port } = await proxyFor({ hosts: [host] });
    const socket = await dialled(port);
    socket.write(`CONNECT ${host} HTTP/1.1\r\n\r\nearly`);
    let heard = "";
    for await (const bytes of socket) {
      heard += String(bytes);
      if (heard.endsWith("early")) break;
    }
    expect(heard).toMatch(/^HTTP\/1.1 200 .*\r\n\r\nearly$/);
  });

  test("is asked in plain HTTP as by any client, with its own name and without what is meant for a proxy", async () => {
    let heard: Record<string, unknown> = {};
    const server: HttpServer = createHttpServer(async (message, answer) => {
      heard = { url: message.url, method: message.method, headers: message.headers, body: await text(message) };
      answer.writeHead(201, { "x-kind": "answer", connection: "close" });
      answer.end("made");
    });
    const host = `127.0.0.1:${await listening(server)}`;
    const { proxy, port } = await proxyFor({ hosts: [host] });
    const body = "5\r\nhello\r\n0\r\n\r\n";
    const asked = `POST http://${host}/a?b=1#c HTTP/1.1\r\nHost: inner.example\r\nX-Mine: 1\r\nProxy-Authorization: Basic eA==\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
    const answer = await said(port, asked);
    expect(answer).toMatch(/^HTTP\/1.1 201 /);
    expect(answer).toContain("x-kind: answer");
    expect(answer).toContain("made");
    expect(heard).toMatchObject({ url: "/a?b=1", method: "POST", body: "hello", headers: { host, "x-mine": "1" } });
    expect(heard).not.toHaveProperty("headers.proxy-authorization");
    expect(proxy.bytes().sent).toBeGreaterThan(5);
    expect(proxy.bytes().received).toBeGreaterThan(4);
  });
});

describe("nothing else is reached", () => {
  test.each([
    ["another port", (port: number) => `127.0.0.1:${port + 1}`],
    ["another name", (port: number) => `localhost:${port}`],
    ["the same address in other words", (port: number) => `127.1:${port}`],
    ["a name with something before it", (port: number) => `x@127.0.0.1:${port}`],
    ["a name in brackets", (port: number) => `[::ffff:127.0.0.1]:${port}`],
    ["nothing", () => ""],
    ["a very long name", () => `${"a".repeat(2_000)}:1`],
  ])("by a tunnel to %s", async (_name, target) => {
    const { port: echoes, came } = await echo();
    const { port, looked } = await proxyFor({ hosts: [`127.0.0.1:${echoes}`] });
    const answer = await said(port, `CONNECT ${target(echoes)} HTTP/1.1\r\n\r\n`);
    expect(answer).toMatch(/^(HTTP\/1.1 40[03] .*)?$/s);
    expect(looked).toEqual([]);
    expect(came()).toBe(0);
  });

  test.each([
    ["GET http://other.example/ HTTP/1.1", "other.example:80 is not among"],
    ["GET http://127.0.0.1@other.example:PORT/ HTTP/1.1", "a proxy is asked with CONNECT"],
    ["GET https://127.0.0.1:PORT/ HTTP/1.1", "a proxy is asked with CONNECT"],
    ["GET ftp://127.0.0.1:PORT/ HTTP/1.1", "a proxy is asked with CONNECT"],
    ["GET / HTTP/1.1", "a proxy is asked with CONNECT"],
  ])("by %s", async (line, reason) => {
    const { port: echoes, came } = await echo();
    const { port } = await proxyFor({ hosts: [`127.0.0.1:${echoes}`] });
    const words = `${line.replace("PORT", String(echoes))}\r\nHost: 127.0.0.1:${echoes}\r\nConnection: close\r\n\r\n`;
    const answer = await said(port, words);
    expect(answer).toMatch(/^HTTP\/1.1 403 /);
    expect(answer).toContain(reason);
    expect(came()).toBe(0);
  });

  test.each([
    ...["127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.1.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"],
    ...["169.254.169.254", "224.0.0.1", "239.1.1.1", "255.255.255.255", "240.0.0.1", "192.0.0.1", "198.18.0.1"],
    "168.63.129.16",
    ...["::1", "::", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "64:ff9b::7f00:1", "fe80::1", "fe80::1%lo"],
    ...["fc00::1", "fd12::1", "ff02::1", "2002:7f00:1::1", "2001:0:7f00:1::1", "2001:db8::1", "", "nonsense"],
  ])("where a name that is listed turns out to be %s", async (address) => {
    const { port: echoes, came } = await echo();
    const host = `api.example.org:${echoes}`;
    const { port, looked } = await proxyFor({ hosts: [host], addresses: { "api.example.org": [address] } });
    const answer = await said(port, `CONNECT ${host} HTTP/1.1\r\n\r\n`);
    expect(answer).toContain("no address of the public internet");
    // Once, so that nobody can answer otherwise the second time.
    expect(looked).toEqual(["api.example.org"]);
    expect(came()).toBe(0);
  });

  test.each([...["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"]])(
    "while %s is somebody's on the internet",
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );

  test("by an address of the machine's own, which would be reached past its firewall", () => {
    expect(["198.41.0.4", "2606:4700::1111"].map(isPublic)).toEqual([true, true]);
    const face = { netmask: "", mac: "", internal: false, cidr: null };
    const faces = vi.spyOn(os, "networkInterfaces").mockReturnValue({
      lo: [{ ...face, address: "127.0.0.1", family: "IPv4", internal: true }],
      eth0: [
        { ...face, address: "198.41.0.4", family: "IPv4" },
        { ...face, address: "2606:4700::1111", family: "IPv6", scopeid: 0 },
        { ...face, address: "fe80::1", family: "IPv6", scopeid: 2 },
      ],
    });
    syncBuiltinESMExports();
    closing.push(() => {
      faces.mockRestore();
      syncBuiltinESMExports();
    });
    expect(["198.41.0.4", "2606:4700:0:0::1111"].map(isPublic)).toEqual([false, false]);
    expect(isPublic("198.41.0.5")).toBe(true);
  });

  test("by an address that the owner lists with another port", async () => {
    const { port: echoes, came } = await echo();
    const addresses = { "api.example.org": ["127.0.0.1"] };
    const host = `api.example.org:${echoes}`;
    const { port } = await proxyFor({ hosts: [host], listed: ["127.0.0.1:1"], addresses });
    expect(await said(port, `CONNECT ${host} HTTP/1.1\r\n\r\n`)).toContain("no address of the public internet");
    expect(came()).toBe(0);
  });
});

describe("too much", () => {
  test("ends a flood at the bytes that a task may exchange, and there are no more connections then", async () => {
    const { port: echoes } = await echo();
    const host = `127.0.0.1:${echoes}`;
    const { proxy, port } = await proxyFor({ hosts: [host], bytesMax: 300_000 });
    const socket = await tunnel(port, host);
    const ended = closed(socket);
    socket.resume();
    const flood = setInterval(() => socket.write(new Uint8Array(65_536)), 1);
    await ended;
    clearInterval(flood);
    const { sent, received } = proxy.bytes();
    expect(sent + received).toBeGreaterThanOrEqual(300_000);
    // No more than what was read at once goes beyond.
    expect(sent + received).toBeLessThanOrEqual(300_000 + 65_536);
    await expect(tunnel(port, host)).rejects.toThrow("has spent its bytes");
  });

  test("are more than 32 connections at one time", async () => {
    const { port: echoes, came } = await echo();
    const host = `127.0.0.1:${echoes}`;
    const { port } = await proxyFor({ hosts: [host] });
    const sockets = await Promise.all(Array.from({ length: 32 }, () => tunnel(port, host)));
    expect(came()).toBe(32);
    expect(await said(port, `CONNECT ${host} HTTP/1.1\r\n\r\n`)).toBe("");
    expect(came()).toBe(32);
    sockets[0]?.destroy();
  });

  test("are more than 32 that one connection asks for at one time", async () => {
    const waiting = new Set<Socket>();
    let came = 0;
    const server = createServer((socket) => {
      came += 1;
      waiting.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => waiting.delete(socket));
    });
    const host = `127.0.0.1:${await listening(server)}`;
    const { proxy, port } = await proxyFor({ hosts: [host] });
    const client = await dialled(port);
    client.write(`GET http://${host}/ HTTP/1.1\r\nHost: a\r\n\r\n`.repeat(200));
    // Answers come in the order of what was asked, and the first host says nothing: another client hears when all were looked at.
    while (came < 32) await once(server, "connection");
    expect(await said(port, `CONNECT ${host} HTTP/1.1\r\n\r\n`)).toContain("too many connections at one time");
    expect(came).toBe(32);
    const gone = [...waiting].map(closed);
    client.destroy();
    for (const socket of waiting) socket.resume();
    await Promise.all(gone);
    // There is room again where they are closed.
    const again = once(server, "connection");
    await tunnel(port, host);
    await again;
    proxy.close();
  });

  test("is not what a client asks for one after the other, of a host that leaves its end open", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    const host = `127.0.0.1:${await listening(server)}`;
    const { port } = await proxyFor({ hosts: [host] });
    const client = await dialled(port);
    for (let asked = 0; asked < 40; asked += 1) {
      client.write(`GET http://${host}/ HTTP/1.1\r\nHost: a\r\n\r\n`);
      let heard = "";
      while (!heard.includes("\r\n\r\nok") && !heard.includes("ok\r\n0")) {
        if (heard.startsWith("HTTP/1.1 403")) throw new Error(heard);
        heard += String((await once(client, "data"))[0]);
      }
    }
  });

  test("is a head that does not end", async () => {
    const { port } = await proxyFor({ hosts: ["127.0.0.1:1"] });
    const answer = await said(port, `GET http://a/ HTTP/1.1\r\nX: ${"x".repeat(100_000)}`);
    expect(answer).not.toMatch(/^HTTP\/1.1 [123]/);
  });
});

test("at its task's end all connections end", async () => {
  const { port: echoes } = await echo();
  const host = `127.0.0.1:${echoes}`;
  const { proxy, port } = await proxyFor({ hosts: [host] });
  const socket = await tunnel(port, host);
  const ended = closed(socket);
  proxy.close();
  socket.resume();
  await ended;
});
