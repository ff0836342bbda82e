// Links over real streams on loopback: greeted, kept, told apart, and come back.
import { type Network, silentLogger, threadCodecUrl } from "@starling/node-kit";
import type { CoordinatorMessage } from "@starling/protocol";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { CoordinatorLinks, type Link } from "../../src/shell/links.ts";
import { deadline, domain, Events, networkId, openTestNode, recordOf, testWorker, within } from "./support.ts";
import { TestCoordinator } from "./test-coordinator.ts";

type Happened =
  | { readonly kind: "connected"; readonly link: Link }
  | { readonly kind: "message"; readonly message: CoordinatorMessage }
  | { readonly kind: "gone"; readonly link: Link; readonly reason: string };

const worker = testWorker();
const record = recordOf(worker);
let network: Network;
let coordinator: TestCoordinator;
let other: TestCoordinator;

beforeAll(async () => {
  const account = worker.keys.wallet.address;
  const codecModule = threadCodecUrl({ domain, networkId, role: "worker", account });
  [network, coordinator, other] = await Promise.all([
    openTestNode({ privateKey: worker.keys.peerSeed, codecModule }),
    TestCoordinator.open(),
    TestCoordinator.open(),
  ]);
});

afterAll(async () => {
  await Promise.all([network, coordinator.network, other.network].map((node) => node.close()));
});

beforeEach(() => {
  coordinator.begin();
  other.begin();
});

function newLinks(): { readonly links: CoordinatorLinks; readonly events: Events<Happened> } {
  const events = new Events<Happened>();
  const links = new CoordinatorLinks({
    network,
    networkId,
    logger: silentLogger,
    events: {
      hello: () => ({ type: "hello", networkId, protocolVersion: 1, record: record.current(), holding: [] }),
      connected: (link) => events.push({ kind: "connected", link }),
      message: async (_link, message) => events.push({ kind: "message", message }),
      gone: (link, reason) => events.push({ kind: "gone", link, reason }),
    },
  });
  onTestFinished(() => links.close("the test is over"));
  return { links, events };
}

describe("a link", () => {
  test("stands after both have greeted, and carries messages both ways", async () => {
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    const session = await coordinator.sessions.next();
    const hello = await session.next("hello");
    expect(hello.record.record.worker).toBe(worker.keys.wallet.address);
    expect(await events.next()).toMatchObject({ kind: "connected", link: { coordinator: coordinator.wallet.address } });
    await links.send(coordinator.wallet.address, { type: "ask", freeSlots: 2, classes: ["wasm"] });
    expect(await session.next("ask")).toMatchObject({ freeSlots: 2 });
    await session.send({ type: "revokes", leases: [{ leaseId: `0x${"11".repeat(32)}`, reason: "late" }] });
    expect(await events.next()).toMatchObject({ kind: "message", message: { type: "revokes" } });
  });

  test("is followed once, however often it is found", async () => {
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    links.follow(coordinator.target("dht"));
    await events.next();
    await coordinator.sessions.next();
    expect(links.count).toBe(1);
    expect(coordinator.sessions.left).toBe(0);
  });

  test("comes back after it was cut, in a session of its own", async () => {
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    const first = await events.next();
    (await coordinator.sessions.next()).stream.abort(new Error("cut"));
    expect(await events.next()).toMatchObject({ kind: "gone" });
    expect(links.to(coordinator.wallet.address)).toBeUndefined();
    const again = await events.next();
    expect(again.kind).toBe("connected");
    if (first.kind === "connected" && again.kind === "connected")
      expect(again.link.session).not.toBe(first.link.session);
  });

  test("is greeted anew with a record that was renewed", async () => {
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    await events.next();
    const first = await (await coordinator.sessions.next()).next("hello");
    record.renew();
    links.greetAgain();
    expect(await events.next()).toMatchObject({ kind: "gone" });
    expect(await events.next()).toMatchObject({ kind: "connected" });
    const second = await (await coordinator.sessions.next()).next("hello");
    expect(second.record.record.seq).toBeGreaterThan(first.record.record.seq);
  });

  test("is waited for by those who need it", async () => {
    const { links } = newLinks();
    const waiting = links.whenUp(coordinator.wallet.address, deadline());
    const impatient = new AbortController();
    const left = links.whenUp(coordinator.wallet.address, impatient.signal);
    impatient.abort(new Error("no time"));
    await expect(left).rejects.toThrow("no time");
    links.follow(coordinator.target());
    expect((await within(waiting)).peerId).toBe(coordinator.network.peerId);
  });

  test("ends with a goodbye", async () => {
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    await events.next();
    const session = await coordinator.sessions.next();
    await within(links.close("enough"));
    expect(await session.next("bye")).toMatchObject({ reason: "enough" });
    await within(session.closed);
    expect(links.count).toBe(0);
  });
});

describe("a peer that is not who it claims to be", () => {
  test("gets no link under the account that its target names", async () => {
    const { links, events } = newLinks();
    other.begin({ claims: coordinator.wallet });
    links.follow(other.target());
    expect(await within((await other.sessions.next()).closed)).not.toBe("");
    expect(links.count).toBe(0);
    expect(events.left).toBe(0);
  });

  test("gets no link under an account that does not speak through it", async () => {
    const real = coordinator.greeting();
    for (const binding of [real.binding, null]) {
      const { links, events } = newLinks();
      other.begin({ greets: false });
      links.follow({ ...other.target("dht"), coordinator: undefined });
      const session = await other.sessions.next();
      await session.send({ ...real, binding });
      expect(await within(session.closed)).not.toBe("");
      expect([links.count, events.left]).toEqual([0, 0]);
    }
  });

  test("does not take the place of the real one", async () => {
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    await events.next();
    other.begin({ claims: coordinator.wallet });
    links.follow({ ...other.target("dht"), coordinator: undefined });
    expect(await within((await other.sessions.next()).closed)).not.toBe("");
    expect(links.to(coordinator.wallet.address)?.peerId).toBe(coordinator.network.peerId);
  });

  test("is replaced by the real one", async () => {
    const { links, events } = newLinks();
    other.begin({ claims: coordinator.wallet });
    links.follow({ ...other.target("dht"), coordinator: undefined });
    await events.next();
    expect(links.to(coordinator.wallet.address)?.peerId).toBe(other.network.peerId);
    links.follow(coordinator.target("offer"));
    await events.nextOf((event): event is Extract<Happened, { kind: "connected" }> => event.kind === "connected");
    expect(links.to(coordinator.wallet.address)?.peerId).toBe(coordinator.network.peerId);
  });

  test("can't speak for another account", async () => {
    coordinator.begin({ greets: false });
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    const session = await coordinator.sessions.next();
    await session.send(coordinator.greeting());
    await events.next();
    await session.send(other.greeting());
    expect(await events.next()).toMatchObject({ kind: "gone" });
  });
});

describe("a stranger", () => {
  test("that greets and hangs up is given up, and whoever names it again does not bring it back", async () => {
    const { links, events } = newLinks();
    const stranger = { ...other.target("dht"), coordinator: undefined };
    links.follow(stranger);
    for (let tries = 0; tries < 5; tries += 1) {
      expect(await events.next()).toMatchObject({ kind: "connected" });
      (await other.sessions.next()).stream.abort(new Error("caught you"));
      expect(await events.next()).toMatchObject({ kind: "gone" });
    }
    links.follow(coordinator.target());
    expect(await events.next()).toMatchObject({ link: { peerId: coordinator.network.peerId } });
    links.follow(stranger);
    links.greetAgain();
    expect(await events.next()).toMatchObject({ kind: "gone" });
    expect(await events.next()).toMatchObject({ link: { peerId: coordinator.network.peerId } });
    expect(other.sessions.left).toBe(0);
  });
});

describe("what goes wrong before the greeting", () => {
  test("a refusal is heard, and the stream ends", async () => {
    coordinator.begin({ greets: false });
    const { links, events } = newLinks();
    links.follow(coordinator.target());
    const session = await coordinator.sessions.next();
    await session.send({ type: "refused", code: "notRegistered", message: "register first" });
    await session.stream.close();
    await within(session.closed);
    expect(links.count).toBe(0);
    expect(events.left).toBe(0);
  });

  test("another network's coordinator is not linked", async () => {
    coordinator.begin({ greets: false });
    const { links } = newLinks();
    links.follow(coordinator.target());
    const session = await coordinator.sessions.next();
    await session.send({ ...coordinator.greeting(), networkId: "other" });
    expect(await within(session.closed)).not.toBe("");
    expect(links.count).toBe(0);
  });
});
