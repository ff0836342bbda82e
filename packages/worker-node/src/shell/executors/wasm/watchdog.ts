// What the main thread of a sandbox process does: start the working thread, and die with the daemon.

/** Exit codes of a sandbox process, for telling apart why it ended. */
export const SANDBOX_EXIT = { outOfMemory: 70, broken: 71 } as const;

/** The thread's native stack. Above the rewriter's budget by what host calls and the engine itself need. */
const THREAD_STACK_MB = 160;

/** JavaScript objects of the sandbox; program memory and files lie outside of this heap and have their own caps. */
const THREAD_HEAP_MB = 128;

/** Starts the working thread: its modules come from memory, since the process may read no file. */
const THREAD_SOURCE = `
const { registerHooks } = require("node:module");
const { workerData } = require("node:worker_threads");
const { entry, modules } = JSON.parse(workerData);
registerHooks({
  resolve(specifier, context, next) {
    const url = specifier.startsWith("node:") ? specifier : new URL(specifier, context.parentURL).href;
    return modules[url] === undefined ? next(specifier, context) : { url, format: "module", shortCircuit: true };
  },
  load(url, context, next) {
    const source = modules[url];
    return source === undefined ? next(url, context) : { source, format: "module", shortCircuit: true };
  },
});
import(entry);
`;

/**
 * Text rather than modules: the daemon gives it on the command line, and the modules through the channel.
 *
 * The standard input is a pipe whose other end only the daemon holds. When the daemon dies, in whatever way, the pipe
 * closes and this thread ends the process, even if the working thread spins: a program must not outlive its daemon.
 * Signals of the terminal are for the daemon, which then decides about its sandboxes.
 */
export const WATCHDOG_SOURCE = `
const { readSync } = require("node:fs");
const { Worker } = require("node:worker_threads");
const die = () => process.kill(process.pid, "SIGKILL");
process.stdin.on("end", die).on("close", die).on("error", die).resume();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
const read = (count) => {
  const bytes = Buffer.alloc(count);
  for (let at = 0; at < count; ) {
    const got = readSync(3, bytes, at, count - at, null);
    if (got === 0) die();
    at += got;
  }
  return bytes;
};
const thread = new Worker(${JSON.stringify(THREAD_SOURCE)}, {
  eval: true,
  workerData: read(read(4).readUInt32LE(0)).toString(),
  resourceLimits: { stackSizeMb: ${THREAD_STACK_MB}, maxOldGenerationSizeMb: ${THREAD_HEAP_MB} },
});
thread.on("error", (error) => {
  process.stderr.write(String(error && error.stack));
  process.exit(error && error.code === "ERR_WORKER_OUT_OF_MEMORY" ? ${SANDBOX_EXIT.outOfMemory} : ${SANDBOX_EXIT.broken});
});
thread.on("exit", () => process.exit(0));
`;
