// What happens on links, as inputs of the worker's engine; and what a worker says first.
import type { Logger } from "@starling/node-kit";
import { type CoordinatorMessage, protocolVersion } from "@starling/protocol";
import { holdingOf } from "../core/index.ts";
import type { WorkerEngine } from "./engine.ts";
import { inputOf } from "./input-sources.ts";
import type { Link, LinkEvents } from "./links.ts";
import type { OwnRecord } from "./own-record.ts";

/** Parts that are made after the links: they are asked for when something happens. */
export interface LinkEventParts {
  readonly networkId: string;
  readonly logger: Logger;
  readonly engine: () => WorkerEngine;
  readonly record: () => OwnRecord;
  /** Told of each greeted link. */
  readonly greeted: (link: Link) => void;
}

/** Joins links and engine. */
export function linkEvents(parts: LinkEventParts): LinkEvents {
  const { networkId, engine, record, greeted } = parts;
  return {
    hello: () => {
      const holding = engine().read((state) => holdingOf(state, null));
      return { type: "hello", networkId, protocolVersion, record: record().current(), holding };
    },
    connected: (link, { coordinator, epoch, beatEveryMs }) => {
      const { peerId, session } = link;
      engine().post({ type: "coordinatorConnected", coordinator, peerId, session, epoch, beatEveryMs });
      greeted(link);
    },
    message: (link, message) => take(parts, link, message),
    gone: ({ coordinator, session }, reason) => {
      engine().post({ type: "coordinatorGone", coordinator, session, reason });
    },
  };
}

async function take({ engine, logger }: LinkEventParts, link: Link, message: CoordinatorMessage): Promise<void> {
  const input = inputOf(link, message);
  if (input === null) return;
  const outcome = await engine().submit(input);
  if (outcome.ok) return;
  logger.debug("input refused", { coordinator: link.coordinator, type: input.type, code: outcome.code });
  // What was not taken is lost, unless the coordinator says it again after a new greeting.
  if (outcome.code === "overloaded") throw new Error("this worker is overloaded");
}
