// Where the network thread's code lies: the only place that knows the path.

/** Environment variable that names the thread's entry by file URL, for daemons bundled into one file. */
export const threadEntryVariable = "STARLING_NETWORK_THREAD";

/** The file URL of the thread's entry: the option, the environment, or the file beside this one. */
export function threadEntry(override: string | undefined, environment: NodeJS.ProcessEnv): URL {
  const named = override ?? environment[threadEntryVariable];
  if (named !== undefined) return new URL(named);
  // The compiler does not rewrite this path, so the extension follows that of this file.
  return import.meta.url.endsWith(".ts")
    ? new URL("./thread-main.ts", import.meta.url)
    : new URL("./thread-main.js", import.meta.url);
}
