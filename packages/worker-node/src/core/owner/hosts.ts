// Which hosts a task may reach: those that the owner lists, and none where he lists none.
import type { LeaseItem } from "@starling/protocol";
import type { Refusal } from "./rules.ts";

/** What in the hosts of a lease keeps it from this machine, or null. */
export function refusalOfHosts(allowed: ReadonlySet<string> | undefined, { hosts, fine }: LeaseItem): Refusal | null {
  if (hosts === undefined) return null;
  const unlisted = hosts.find((host) => allowed?.has(host) !== true);
  if (unlisted !== undefined) return { reason: "hostsRefused", message: `the owner lets no task reach ${unlisted}` };
  // A host may answer everybody differently, so that its owner could choose whose result is wrong.
  return fine === 0n
    ? null
    : { reason: "hostsRefused", message: "what hosts answer is in nobody's hands here: no fine is taken on it" };
}
