// What a folder of the user's holds for his worker: in the folder that STARLING_HOME names, as for every other command, its things lie by
// default, and the file of its network is looked for.
import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { workerOptions } from "./config.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** The options, with defaults as this environment has them. */
export function optionsIn({ STARLING_HOME: named }: Environment, userHome = homedir()): typeof workerOptions {
  const isNamed = named !== undefined && named !== "";
  const home = isNamed ? resolve(named) : join(userHome, ".starling");
  const dataDir = isNamed ? { ...workerOptions.dataDir, default: join(home, "worker") } : workerOptions.dataDir;
  return {
    ...workerOptions,
    dataDir,
    network: { ...workerOptions.network, ...networkIn(home) },
  } as unknown as typeof workerOptions;
}

/** The one network that a home knows, as an option's default; or what to say where it knows none, or several. */
function networkIn(home: string): { readonly default: string } | { readonly absent: string } {
  const own = join(home, "network.json");
  if (existsSync(own)) return { default: own };
  const known = [...filesIn(join(home, "networks")), join(home, "devnet", "network.json")].filter((path) =>
    existsSync(path),
  );
  const [only, another] = known;
  if (only === undefined) return { absent: `There is none in ${own} either: whoever runs the network has its file` };
  if (another === undefined) return { default: only };
  return { absent: `There are several to choose from: ${known.join(", ")}; a copy in ${own} is taken from then on` };
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  return names.sort().map((name) => join(folder, name));
}
