// Files from and to coordinators by their account: the peer is known once its link stands.
import type { BlobClient } from "@starling/node-kit";
import type { Address } from "@starling/protocol";
import type { CoordinatorLinks } from "./links.ts";
import type { BlobPeer } from "./ports.ts";

/** A coordinator's side of the blob protocol. A transfer waits for the link: after a restart runs begin before anybody is greeted. */
export function blobPeers(links: CoordinatorLinks, blobs: BlobClient): (coordinator: Address) => BlobPeer {
  return (coordinator) => ({
    fetch: async (cid, size, signal) => {
      const { peerId } = await links.whenUp(coordinator, signal);
      await blobs.fetch(peerId, cid, size, signal);
    },
    push: async (cid, signal) => {
      const { peerId } = await links.whenUp(coordinator, signal);
      await blobs.push(peerId, cid, signal);
    },
  });
}
