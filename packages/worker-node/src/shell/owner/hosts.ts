// The hosts that an owner lets containers reach, out of the options.
import { flagName } from "@starling/node-kit";
import { parseHost } from "@starling/protocol";
import type { WorkerSettings } from "../../config.ts";
import { isGvisor } from "../executors/index.ts";

/** The options that say so. */
export type HostSettings = Partial<Pick<WorkerSettings, "allowHosts" | "allowImages" | "dockerRuntime">>;

/** The hosts in their one form, and everything that is wrong with the options. */
export interface HostsWord {
  readonly hosts: readonly string[];
  readonly problems: readonly string[];
}

/** Reads the list; without one no container reaches anything. */
export function hostsWord({ allowHosts = [], allowImages, dockerRuntime = "" }: HostSettings): HostsWord {
  const flag = flagName("allowHosts");
  const read = allowHosts.map(parseHost);
  const problems = read.flatMap((one) => (one.ok ? [] : [`${flag}: ${one.problem}`]));
  if (read.length > 0 && allowImages !== true)
    problems.push(`${flag}: only containers reach hosts, and ${flagName("allowImages")} is not given`);
  if (read.length > 0 && isGvisor(dockerRuntime))
    problems.push(`${flag}: gVisor's containers reach no hosts, since their network is not the kernel's; choose runc`);
  return { hosts: read.flatMap((one) => (one.ok ? [one.value] : [])), problems };
}
