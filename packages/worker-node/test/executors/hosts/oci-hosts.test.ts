// Containers that may reach hosts, over a real Docker: they reach what their task asked for and nothing else, and leave nothing behind.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type DockerEngine, openDocker } from "@starling/node-kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Executor, RunOutcome, TaskRun } from "../../../src/shell/executors/executor.ts";
import { createOciExecutor } from "../../../src/shell/executors/index.ts";
import { type Dockerd, describeContainers, startDockerd } from "../dockerd.ts";
import { perlImage } from "../oci-images.ts";
import { LIMITS, task, unhurried } from "../support.ts";

/** A socket's state in /proc. */
const LISTENS = "0A";

/** Asks its proxy, and says what it was answered; or dials the arguments without it, and says whether it could. */
const PROGRAM = `#!/usr/bin/perl
use strict; use Socket; $| = 1;
my ($how, @rest) = @ARGV;
sub dial { my ($ip, $port, $family) = @_; socket(my $s, $family // AF_INET, SOCK_STREAM, 0) or return; connect($s, pack_sockaddr_in($port, inet_aton($ip))) or return; return $s }
sub ask { my $s = dial("127.0.0.1", 3128) or die "no proxy: $!\\n"; syswrite($s, $_[0]); local $/; return <$s> }
if ($how eq "get") { print ask("GET http://$rest[0]/ HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n") }
elsif ($how eq "connect") { print ask("CONNECT $_ HTTP/1.1\\r\\n\\r\\n") =~ /^(HTTP\\S+ \\d+)/, " $_\\n" for @rest }
elsif ($how eq "direct") {
  for (@rest) { my ($ip, $port) = split ":"; print "$_ ", (dial($ip, $port) ? "reached" : "not reached"), "\\n" }
  socket(my $u, AF_INET, SOCK_DGRAM, 0) and print "datagrams\\n";
  socket(my $r, AF_INET, 3, 1) and print "raw\\n";
  socket(my $v6, AF_INET6, SOCK_STREAM, 0) and print "v6\\n";
  syscall(41, 16, 3, 0) >= 0 and print "netlink\\n";
}
elsif ($how eq "streams") { for (@rest) { socket(my $s, AF_INET, SOCK_STREAM, $_) and print "$_\\n" } }
elsif ($how eq "flood") {
  my $s = dial("127.0.0.1", 3128); syswrite($s, "CONNECT $rest[0] HTTP/1.1\\r\\n\\r\\n"); sysread($s, my $b, 100);
  $SIG{PIPE} = "IGNORE"; my $x = "x" x 65536; my $n = 0; while (my $w = syswrite($s, $x)) { $n += $w } print $n > 0 ? "flooded\\n" : "nothing\\n";
}
elsif ($how eq "environment") { print map { "$_=$ENV{$_}\\n" } grep { /proxy/i } sort keys %ENV }
elsif ($how eq "spin") { print "spinning\\n"; 1 while 1 }
`;

const image = perlImage(new TextEncoder().encode(PROGRAM));

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const logOf = (outcome: RunOutcome): string =>
  outcome.kind === "infrastructure" ? `broken: ${outcome.message}` : outcome.log;

describeContainers("a container that may reach hosts", () => {
  let docker: Dockerd;
  let engine: DockerEngine;
  let executor: Executor;
  let web: string;
  let sink: string;
  let forbidden: string;
  let reached = 0;
  const servers: Server[] = [];
  const area = mkdtempSync(join(tmpdir(), "oci-hosts-"));
  const { signal } = unhurried();
  const BYTES_MAX = 500_000;

  beforeAll(async () => {
    docker = await startDockerd();
    engine = await openDocker(docker.socketPath);
    const serving = createHttpServer((_message, answer) => answer.end("the answer"));
    const swallowing = createServer((socket) => socket.on("error", () => undefined).resume());
    const counting = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    servers.push(serving, swallowing, counting);
    [web, sink, forbidden] = (await Promise.all(servers.map(listening))).map((port) => `127.0.0.1:${port}`) as [
      string,
      string,
      string,
    ];
    // What the owner lists as an address is reached wherever it is; a name that turns out to be this machine is not.
    const hosts = { hosts: [web, sink, `localhost:${forbidden.split(":")[1]}`], bytesMax: BYTES_MAX };
    executor = createOciExecutor({ slots: 2, area, socketPath: docker.socketPath, runtime: "runc", hosts });
  });
  afterAll(async () => {
    await executor.close();
    await docker.stop();
    for (const server of servers) server.close();
  });

  const run = (args: readonly string[], hosts: readonly string[], overrides: Partial<TaskRun> = {}) =>
    executor.run(task(image, { args, hosts, limits: ROOMY, ...overrides }), unhurried());
  const ROOMY = { ...LIMITS, memoryBytes: 64 * 1024 * 1024, logBytes: 10_000 };

  test("has what it asked for, from its first instruction on, and the bytes are in its usage", async () => {
    const without = await executor.run(task(image, { args: ["environment"], limits: ROOMY }), unhurried());
    const outcome = await run(["get", web], [web]);
    expect(logOf(outcome)).toMatch(/^HTTP\/1.1 200 OK\r\n.*the answer/s);
    expect(outcome.kind).toBe("completed");
    if (outcome.kind !== "completed" || without.kind !== "completed") throw new Error("it completed");
    const { bytesIn, bytesOut } = outcome.usage;
    expect(bytesIn - without.usage.bytesIn).toBeGreaterThan("the answer".length);
    expect(bytesOut).toBeGreaterThan("GET / HTTP/1.1".length);
    expect(without.log).toBe("");
  });

  test("knows its proxy by the usual names", async () => {
    const proxy = "http://127.0.0.1:3128";
    const names = ["HTTPS_PROXY", "HTTP_PROXY", "http_proxy", "https_proxy"];
    const outcome = await run(["environment"], [web], { env: { HTTP_PROXY: "http://elsewhere" } });
    expect(logOf(outcome)).toBe(names.map((name) => `${name}=${proxy}\n`).join(""));
  });

  test("reaches no host that it didn't ask for, no other port, and none by a name that leads to this machine", async () => {
    const named = `localhost:${forbidden.split(":")[1]}`;
    const targets = [sink, forbidden, named, "169.254.169.254:80", "127.0.0.1:3128", docker.socketPath];
    const outcome = await run(["connect", ...targets], [web, named]);
    expect(logOf(outcome).match(/^HTTP\/1.1 40[03]/gm)).toHaveLength(targets.length);
    expect(reached).toBe(0);
  });

  test("reaches nothing without its proxy, by no kind of socket", async () => {
    const outcome = await run(["direct", web, forbidden, "169.254.169.254:80", "1.1.1.1:53"], [web]);
    const lines = logOf(outcome).trim().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines.every((line) => line.endsWith(" not reached"))).toBe(true);
    expect(reached).toBe(0);
  });

  test("has sockets of TCP, and not of SCTP, SMC or MPTCP, which are streams too", async () => {
    expect(logOf(await run(["streams", "0", "6", "132", "256", "262"], [web]))).toBe("0\n6\n");
  });

  test("is cut off at its bytes", async () => {
    const outcome = await run(["flood", sink], [sink]);
    expect(logOf(outcome)).toBe("flooded\n");
    const { bytesOut } = outcome.kind === "infrastructure" ? { bytesOut: 0 } : outcome.usage;
    expect(bytesOut).toBeGreaterThan(BYTES_MAX / 2);
    expect(bytesOut).toBeLessThan(BYTES_MAX + 2 * 65_536);
  });

  test("is not run where its owner lists no such host, and without hosts has no sockets at all", async () => {
    expect(await run(["environment"], ["other.example.org:443"])).toMatchObject({ kind: "infrastructure" });
    const outcome = await executor.run(task(image, { args: ["direct", web], limits: ROOMY }), unhurried());
    expect(logOf(outcome)).toBe(`${web} not reached\n`);
  });

  test("takes the exit codes and signals of its program along", async () => {
    expect(await run(["get"], [web], { args: ["nothing"] })).toMatchObject({ kind: "completed" });
    const missing = perlImage(new TextEncoder().encode("#!/usr/bin/perl\nexit 7"));
    const failing = await executor.run(task(missing, { hosts: [web], limits: ROOMY }), unhurried());
    expect(failing).toMatchObject({ kind: "failed", reason: "exit", exitCode: 7, log: "" });
  });

  test("leaves nothing behind: no process, socket or folder", async () => {
    await run(["get", web], [web]);
    expect(readdirSync(area).filter((name) => name.startsWith("slot"))).toEqual([]);
    expect(foreignNetworks()).toEqual([]);
  });

  test("leaves nothing behind either when its worker is killed", async () => {
    const own = mkdtempSync(join(tmpdir(), "oci-hosts-crash-"));
    const program = fileURLToPath(new URL("./hosts-orphan.ts", import.meta.url));
    const daemon = spawn(process.execPath, [program, own, docker.socketPath, web], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(daemon.stdout, "data");
    daemon.kill("SIGKILL");
    await once(daemon, "close");
    const [left] = await engine.labelled("starling.worker", signal);
    const pid = await engine.pidOf(String(left), signal);
    // Nobody listens in its network any more.
    const sockets = readFileSync(`/proc/${pid}/net/tcp`, "utf8").trim().split("\n").slice(1);
    expect(sockets.filter((line) => line.trim().split(/\s+/)[3] === LISTENS)).toEqual([]);
    const next = createOciExecutor({ slots: 1, area: own, socketPath: docker.socketPath, runtime: "runc" });
    await next.run(task(image, { limits: ROOMY }), unhurried());
    await next.close();
    expect(await engine.labelled("starling.worker", signal)).toEqual([]);
    expect(existsSync(own)).toBe(false);
    expect(foreignNetworks()).toEqual([]);
  });
});

/** Processes of this program in a network of a container; other tests have containers too, at the same time. */
function foreignNetworks(): readonly string[] {
  const own = readlinkSync("/proc/self/ns/net");
  return readdirSync("/proc").filter((name) => {
    try {
      const isForeign = /^\d+$/.test(name) && readlinkSync(`/proc/${name}/ns/net`) !== own;
      return isForeign && readFileSync(`/proc/${name}/cmdline`, "utf8").startsWith(process.execPath);
    } catch {
      // It has ended.
      return false;
    }
  });
}
