// Coordinators are found in several ways, and known again after a restart.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Network, type ProviderPeer, silentLogger } from "@starling/node-kit";
import { expect, onTestFinished, test } from "vitest";
import { CoordinatorFinder, peerIdIn } from "../../src/shell/coordinator-finder.ts";
import type { CoordinatorLinks, CoordinatorTarget, Link } from "../../src/shell/links.ts";
import { Events, networkId, newWallet, temporaryDirectory, testWorker } from "./support.ts";

const listed = { address: newWallet().address, peerId: testWorker().keys.peerId };
const address = `/ip4/127.0.0.1/tcp/4001/p2p/${listed.peerId}`;

interface Looking {
  readonly finder: CoordinatorFinder;
  readonly followed: Events<CoordinatorTarget>;
}

// A directory with these providers; links that only remember whom they were told of.
function looking(options: {
  cachePath: string;
  bootstrap?: readonly string[];
  providers?: readonly ProviderPeer[];
}): Looking {
  const followed = new Events<CoordinatorTarget>();
  const links = {
    count: 1,
    follow: (target: CoordinatorTarget) => followed.push(target),
  } as unknown as CoordinatorLinks;
  const network = { findProviders: async () => options.providers ?? [] } as unknown as Network;
  const finder = new CoordinatorFinder(
    { network, links, logger: silentLogger },
    {
      file: { networkId, coordinators: [listed] },
      bootstrap: options.bootstrap ?? [],
      classes: ["wasm"],
      dht: options.providers !== undefined,
      cachePath: options.cachePath,
    },
  );
  finder.start();
  onTestFinished(() => finder.stop());
  return { finder, followed };
}

test("a coordinator of the network file is followed at its bootstrap addresses, and known by its account", async () => {
  const cachePath = join(temporaryDirectory(), "cache.json");
  const other = `/ip4/127.0.0.1/tcp/4002/p2p/${testWorker().keys.peerId}`;
  const { followed } = looking({ cachePath, bootstrap: [other, address] });
  const target = { peerId: listed.peerId, addresses: [address], coordinator: listed.address, source: "bootstrap" };
  expect(await followed.next()).toEqual(target);
  expect(followed.left).toBe(0);
});

test("the DHT names others; only the network file says which account is theirs", async () => {
  const stranger = { peerId: testWorker().keys.peerId, addresses: ["/ip4/127.0.0.1/tcp/5"] };
  const providers = [stranger, { peerId: listed.peerId, addresses: [address] }];
  const { followed } = looking({ cachePath: join(temporaryDirectory(), "cache.json"), providers });
  expect(await followed.next()).toEqual({ ...stranger, source: "dht" });
  expect(await followed.next()).toMatchObject({ peerId: listed.peerId, coordinator: listed.address });
});

test("who was linked is followed again after a restart, with all bootstrap nodes dead", async () => {
  const cachePath = join(temporaryDirectory(), "cache.json");
  const first = looking({ cachePath });
  const target = { peerId: listed.peerId, addresses: [address], source: "dht" } as const;
  first.finder.remember({ coordinator: listed.address, peerId: listed.peerId, target } as unknown as Link);
  await first.finder.stop();
  const { followed } = looking({ cachePath });
  expect(await followed.next()).toEqual({
    peerId: listed.peerId,
    addresses: [address],
    coordinator: listed.address,
    source: "cache",
  });
});

test("a damaged cache is an empty one", () => {
  const cachePath = join(temporaryDirectory(), "cache.json");
  for (const text of ["no json", "{}", '[1, null, {"peerId": 3}]']) {
    writeFileSync(cachePath, text);
    expect(looking({ cachePath }).followed.left).toBe(0);
  }
});

test("the peer id stands at the end of an address", () => {
  expect(peerIdIn(address)).toBe(listed.peerId);
  expect(peerIdIn("/ip4/127.0.0.1/tcp/4001")).toBeNull();
});
