// Where a worker's things lie by default: in the folder that STARLING_HOME names, as for every other command.
import { join, resolve } from "node:path";
import { workerOptions } from "./config.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The options, with defaults as this environment has them. */
export function optionsIn({ STARLING_HOME: home }: Environment): typeof workerOptions {
  if (home === undefined || home === "") return workerOptions;
  const dataDir = { ...workerOptions.dataDir, default: join(resolve(home), "worker") };
  return { ...workerOptions, dataDir } as unknown as typeof workerOptions;
}
