// A node that is nothing but a place to start from: it serves the DHT and passes gossip on. Bootstrap nodes need no account.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createLogger, openNetwork, readKey, runUntilStopped, Services, threadCodecUrl } from "@starling/node-kit";
import { announcementTopic, limits, offerTopic, parseNetworkFile, signingDomainOf } from "@starling/protocol";

const { values } = parseArgs({
  options: {
    network: { type: "string", default: "" },
    "peer-key-file": { type: "string", default: "" },
    listen: { type: "string", default: "" },
    "no-gossip": { type: "boolean", default: false },
    "no-dht": { type: "boolean", default: false },
  },
});
const parsed = parseNetworkFile(readFileSync(values.network, "utf8"));
if (!parsed.ok) throw new Error(`${values.network} is not a network file: ${parsed.problem}`);
const { networkId } = parsed.network;
const logger = createLogger({ format: "json", fields: { daemon: "hub" } });
const topics = [offerTopic(networkId, "wasm"), announcementTopic(networkId)];
const [coordinator] = parsed.network.coordinators;
if (coordinator === undefined) throw new Error("the network file names no coordinator");
// What it passes on is checked like everywhere else; as it reads no stream, whose account it has does not matter.
const domain = signingDomainOf(parsed.network);
const codecModule = threadCodecUrl({ domain, networkId, role: "coordinator", account: coordinator.address });

let close = async (): Promise<void> => undefined;
const network = {
  name: "network",
  start: async (): Promise<void> => {
    const opened = await openNetwork({
      networkId,
      privateKey: readKey(values["peer-key-file"]),
      listen: [values.listen],
      bootstrap: [],
      role: "hub",
      profile: "small",
      topics: topics.map((name) => ({ name, maxBytes: limits.gossipBytes })),
      dht: !values["no-dht"],
      gossip: !values["no-gossip"],
      codecModule,
    });
    close = () => opened.close();
    if (!values["no-gossip"]) for (const topic of topics) opened.subscribe(topic);
    logger.info("hub", { peerId: opened.peerId, address: values.listen });
  },
  stop: () => close(),
};
process.exit(await runUntilStopped(new Services({ logger }, [network]), { logger }));
