// The sandbox's own program, gathered by the daemon: a sandbox gets its code through a pipe and may read no file at all.
import { readFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";

/** Modules by URL, without types, and which of them starts. */
export interface SandboxSources {
  readonly entry: string;
  readonly modules: Readonly<Record<string, string>>;
}

let gathered: SandboxSources | undefined;

/**
 * Reads the module that runs inside of a sandbox and everything that it imports. Types are taken out here, once, since
 * doing it in each sandbox would cost 20 MB and 45 ms every time.
 */
export function sandboxSources(): SandboxSources {
  if (gathered !== undefined) return gathered;
  const isTypeScript = import.meta.url.endsWith(".ts");
  const entry = new URL(`./inside/thread.${isTypeScript ? "ts" : "js"}`, import.meta.url).href;
  const modules: Record<string, string> = {};
  const open = [entry];
  for (let url = open.pop(); url !== undefined; url = open.pop()) {
    if (modules[url] !== undefined) continue;
    const source = readFileSync(new URL(url), "utf8");
    const code = isTypeScript ? quietly(() => stripTypeScriptTypes(source)) : source;
    modules[url] = code;
    for (const [, specifier] of code.matchAll(/^(?:import|export|\})[^"\n]* from "(\.[^"]+)";$/gm)) {
      if (specifier !== undefined) open.push(new URL(specifier, url).href);
    }
  }
  gathered = { entry, modules };
  return gathered;
}

// The function is marked as experimental and says so once on the standard error, where it would only be noise.
function quietly<T>(run: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return run();
  } finally {
    process.emitWarning = emitWarning;
  }
}
