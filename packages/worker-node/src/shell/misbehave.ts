// Whether a worker may misbehave, and where its parts are wrapped if it does. Nothing that a peer says can switch it on.
import { ConfigError, type ConfigSource, systemEntropy } from "@starling/node-kit";
import type { NetworkFile, WorkerMessage } from "@starling/protocol";
import { type Behaviour, honest } from "./behaviours/behaviour.ts";
import { behaviourNames, behaviourOf } from "./behaviours/registry.ts";
import type { PerformerLinks } from "./effect-performer.ts";
import type { LinkEvents } from "./links.ts";

/** Anvil's and Hardhat's, and that of no chain at all: no money of anybody is there. */
const LOCAL_CHAIN_IDS: ReadonlySet<number> = new Set([0, 31_337]);
/** Every devnet's network id begins so. */
const DEVNET = /^devnet(-|$)/;

/** What was asked for, by which way, and where. */
export interface Misbehaving {
  /** Value of `--misbehave`; undefined for a worker like any other. */
  readonly asked: string | undefined;
  readonly source: ConfigSource | undefined;
  readonly network: Pick<NetworkFile, "chainId" | "networkId">;
}

/** The worker's behaviour. Throws `ConfigError` unless its owner typed the option himself and the network is a devnet. */
export function chooseBehaviour({ asked, source, network }: Misbehaving): Behaviour {
  if (asked === undefined) return honest;
  const behaviour = behaviourOf(asked, { entropy: systemEntropy });
  const problems: string[] = [];
  if (behaviour === null)
    problems.push(
      `--misbehave takes one of ${behaviourNames.join(", ")}, as in sleeper or sleeper:50; it was "${asked}"`,
    );
  // A file or a variable might be somebody else's doing.
  if (source !== "flag") problems.push("misbehave is taken from the command line alone. Remove it");
  if (!LOCAL_CHAIN_IDS.has(network.chainId) || !DEVNET.test(network.networkId))
    problems.push(
      `--misbehave is for devnets: the network "${network.networkId}" on chain ${network.chainId} is none. Leave it out`,
    );
  if (behaviour === null || problems.length > 0) throw new ConfigError(problems);
  return behaviour;
}

/** Links on which the behaviour says what leaves. */
export function behavingLinks(links: PerformerLinks, behaviour: Behaviour): PerformerLinks {
  return {
    to: (coordinator) => links.to(coordinator),
    all: () => links.all(),
    follow: (target) => links.follow(target),
    send: async (coordinator, message) => {
      for (const sent of behaviour.frames(message)) await links.send(coordinator, sent);
    },
  };
}

/** Events of links from which leases are missing that the behaviour does not want: it declines them itself. */
export function behavingEvents(events: LinkEvents, behaviour: Behaviour, send: PerformerLinks["send"]): LinkEvents {
  return {
    ...events,
    message: async (link, message) => {
      if (message.type !== "leases") return await events.message(link, message);
      const unwanted = message.items.filter((lease) => !behaviour.takes(lease));
      if (unwanted.length > 0) await send(link.coordinator, declineOf(unwanted));
      await events.message(link, { ...message, items: message.items.filter((lease) => !unwanted.includes(lease)) });
    },
  };
}

function declineOf(leases: readonly { readonly leaseId: `0x${string}` }[]): WorkerMessage {
  const reason = "priceTooLow" as const;
  const message = "too much work for its price";
  return { type: "declines", leases: leases.map(({ leaseId }) => ({ leaseId, reason, message })) };
}
