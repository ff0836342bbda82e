// A daemon for the tests: starts a sandbox, lets it spin, says its process id, and waits to be killed.
import { createHash } from "node:crypto";
import { Sandbox } from "../../src/shell/executors/wasm/sandbox.ts";
import { ENDLESS_LOOP, sayingProgram } from "./programs.ts";

const program = sayingProgram("", ENDLESS_LOOP);
const sandbox = await Sandbox.start(0);
const reply = sandbox.exchange({
  request: {
    programKey: createHash("sha256").update(program).digest("hex"),
    carriesProgram: true,
    forget: [],
    args: [],
    env: {},
    inputs: [],
    outputs: [],
    memoryBytes: 1024 * 1024,
    canonicalNans: false,
    fuel: Number.MAX_SAFE_INTEGER,
    outputBytes: 1_000,
    outputFiles: 1,
    logBytes: 1_000,
  },
  parts: [program],
  timeoutMs: 600_000,
  outputBytesMax: 1_000,
  logBytesMax: 1_000,
  signal: new AbortController().signal,
  onProgress: () => undefined,
});
process.stdout.write(`${sandbox.pid}\n`);
await reply;
