// Finds forge inside its npm platform package and runs it with the Node that runs this script.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the `contracts` folder, without a trailing separator. */
export const contractsDir = fileURLToPath(new URL("..", import.meta.url)).replace(/[\\/]$/, "");

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

/** Path of the forge binary; throws a sentence for the user where no package fits this machine. */
export function forgePath(): string {
  const architecture = ARCHITECTURES[process.arch] ?? process.arch;
  const platform = `@foundry-rs/forge-${process.platform}-${architecture}`;
  // The platform package is a dependency of the wrapper, so it is looked up from there. The wrapper's own script is
  // not used: it costs half a second per call and leaves a second process.
  const wrapper = createRequire(import.meta.url).resolve("@foundry-rs/forge/package.json");
  try {
    const manifest = createRequire(wrapper).resolve(`${platform}/package.json`);
    return join(dirname(manifest), "bin", process.platform === "win32" ? "forge.exe" : "forge");
  } catch (cause) {
    throw new Error(`forge has no package for this machine (${platform}); contracts can't be built here`, { cause });
  }
}

/** What a forge run is given besides its arguments. */
export interface ForgeOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Hides what forge prints. */
  readonly quiet?: boolean;
  /** A folder that holds a copy of the contracts; their own folder if absent. */
  readonly folder?: string;
}

/** Runs forge and returns its exit code; its output goes to the terminal unless quiet. */
export function runForge(args: readonly string[], options: ForgeOptions = {}): number {
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ""}`;
  const result = spawnSync(forgePath(), args, {
    cwd: options.folder ?? contractsDir,
    // forge starts solc.cjs through its `node` line, so this Node has to be the first in the path.
    env: { ...process.env, ...options.env, PATH: path, FOUNDRY_DISABLE_NIGHTLY_WARNING: "1" },
    stdio: options.quiet === true ? ["ignore", "ignore", "ignore"] : ["ignore", "inherit", "inherit"],
  });
  if (result.error !== undefined) throw result.error;
  return result.status ?? 1;
}
