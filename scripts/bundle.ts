// Bundles the daemons into a few files, once per state of the sources: seven processes that each load a thousand modules start slowly.
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join, relative, resolve } from "node:path";
import { performance } from "node:perf_hooks";

/** Programs of the daemons as files that Node runs. */
export interface DaemonPrograms {
  readonly worker: string;
  readonly coordinator: string;
}

const root = resolve(import.meta.dirname, "..");
const packages = join(root, "packages");
const folder = join(root, ".build", "bundle");

/** The daemons' programs as they stand in the sources. */
export const sourcePrograms: DaemonPrograms = {
  worker: join(packages, "worker-node/src/bin/worker-node.ts"),
  coordinator: join(packages, "coordinator/src/bin/coordinator.ts"),
};

/** Files that daemons and threads look for beside themselves, so their names are fixed. */
const entries = {
  "worker-node": sourcePrograms.worker,
  coordinator: sourcePrograms.coordinator,
  "thread-main": join(packages, "node-kit/src/libp2p/thread-main.ts"),
  "thread-codec": join(packages, "node-kit/src/wire/thread-codec.ts"),
  "check-thread": join(packages, "coordinator/src/shell/challenge/check-thread.ts"),
  "measure-thread": join(packages, "worker-node/src/shell/measure/measure-thread.ts"),
};

/** What runs inside of a sandbox reads no file and needs no `require`. */
const sandboxEntry = { "inside/thread": join(packages, "worker-node/src/shell/executors/wasm/inside/thread.ts") };

/** Packages with native code, their own or of what they bring along, stay outside; the bundle finds them through links. */
const natives = ["classic-level", "dockerode", "secp256k1"];
const kept = 4;
const banner = `import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);`;

/** Bundles unless it is done already; `STARLING_FROM_SOURCE=1` leaves it out. Throws when the sources do not build. */
export async function bundleDaemons(): Promise<DaemonPrograms> {
  if (process.env.STARLING_FROM_SOURCE === "1") return sourcePrograms;
  const target = join(folder, keyOfSources());
  if (!existsSync(target)) await buildInto(target);
  return { worker: join(target, "worker-node.js"), coordinator: join(target, "coordinator.js") };
}

// Content and not times: a fresh clone or a switched branch finds what it built before.
function keyOfSources(): string {
  const hash = createHash("sha256");
  for (const file of ["pnpm-lock.yaml", "scripts/bundle.ts"]) hash.update(readFileSync(join(root, file)));
  for (const name of readdirSync(packages).sort()) {
    const sources = join(packages, name, "src");
    if (!existsSync(sources)) continue;
    for (const file of readdirSync(sources, { recursive: true, encoding: "utf8" }).sort()) {
      if (!file.endsWith(".ts")) continue;
      hash.update(`\0${name}/${file}\0`).update(readFileSync(join(sources, file)));
    }
  }
  return hash.digest("hex").slice(0, 16);
}

// Built aside and renamed into place, since several devnets may start at once.
async function buildInto(target: string): Promise<void> {
  const { build } = await import("esbuild");
  const staging = `${target}.${process.pid}`;
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(join(staging, "node_modules"), { recursive: true });
  const common = { bundle: true, platform: "node", format: "esm", target: "node22", logLevel: "silent" } as const;
  const nativesOf = createRequire(join(packages, "node-kit/package.json"));
  try {
    await Promise.all([
      build({ ...common, entryPoints: entries, outdir: staging, external: natives, banner: { js: banner } }),
      build({ ...common, entryPoints: sandboxEntry, outdir: staging }),
    ]);
    for (const name of natives) {
      const installed = join(nativesOf.resolve(`${name}/package.json`), "..");
      symlinkSync(
        relative(join(staging, "node_modules"), realpathSync(installed)),
        join(staging, "node_modules", name),
      );
    }
    if (!existsSync(target)) renameSync(staging, target);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  prune(target);
}

// A running devnet may still read an older bundle, so that a few are kept.
function prune(newest: string): void {
  const others = readdirSync(folder)
    .filter((name) => /^[0-9a-f]{16}$/.test(name) && join(folder, name) !== newest)
    .map((name) => ({ path: join(folder, name), at: mtimeOf(join(folder, name)) }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of others.slice(kept - 1)) rmSync(path, { recursive: true, force: true });
}

function mtimeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

if (import.meta.main) {
  const started = performance.now();
  const { worker, coordinator } = await bundleDaemons();
  console.log(`${worker}\n${coordinator}\n${Math.round(performance.now() - started)} ms`);
}
