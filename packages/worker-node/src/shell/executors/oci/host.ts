// Whether this machine has a Docker that can hold a stranger's container: asked once, before anything is run.
import { type DockerEngine, type EngineInfo, openDocker } from "@starling/node-kit";
import { within } from "./container.ts";
import type { HostRules } from "./hosts/reach.ts";

/** Of an engine that works, in any state of the machine. */
const ANSWER_TIMEOUT_MS = 15_000;

/** What an owner has chosen. */
export interface DockerChoice {
  readonly socketPath: string;
  /** Name of the runtime, such as `runc`, or `runsc` for gVisor. */
  readonly runtime: string;
  /** What tasks may reach; nothing where it is left out. */
  readonly hosts?: HostRules;
}

/** A machine that can run containers. */
export interface OciHost {
  readonly engine: DockerEngine;
  readonly info: EngineInfo;
  readonly runtime: string;
}

/** A host, or what it lacks and what mends it. */
export type FoundOciHost =
  | { readonly ok: true; readonly host: OciHost }
  | { readonly ok: false; readonly missing: string };

/** Looks for everything that a container needs. */
export async function findOciHost({ socketPath, runtime }: DockerChoice): Promise<FoundOciHost> {
  if (process.platform !== "linux") return missing("containers are contained on Linux only");
  if (process.arch !== "x64") return missing("images are run on x86-64 only yet");
  if (process.getuid?.() !== 0) return missing("the worker must run as root, to bound what a task leaves behind");
  const engine = await openDocker(socketPath);
  try {
    const info = await within(ANSWER_TIMEOUT_MS, (signal) => engine.info(signal));
    const problem = engineProblem(info, runtime);
    return problem === null ? { ok: true, host: { engine, info, runtime } } : missing(problem);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return missing(
      `no Docker answers at ${socketPath} (${reason}); apt-get install docker.io, and start it: systemctl start docker, or dockerd by hand`,
    );
  }
}

/** What in an engine's account of itself makes it unfit, or null. */
export function engineProblem(info: EngineInfo, runtime: string): string | null {
  const { runtimes, securityOptions, missingLimits } = info;
  if (!runtimes.includes(runtime)) return `Docker has no runtime ${runtime}; it has ${runtimes.join(", ")}`;
  const names = securityOptions.map((option) => /name=([^,]+)/.exec(option)?.[1] ?? option);
  // A task's user would be another one outside, or none.
  if (names.includes("rootless") || names.includes("userns"))
    return "Docker maps users; tasks need a Docker that runs as root without userns-remap";
  if (!names.includes("seccomp")) return "Docker's kernel has no seccomp: system calls could not be filtered";
  return missingLimits.length === 0 ? null : `Docker can't limit here: ${missingLimits.join(", ")}`;
}

function missing(what: string): FoundOciHost {
  return { ok: false, missing: what };
}
