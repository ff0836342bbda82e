// `starling devnet status`: what runs, what died and why, and which workers the coordinator counts on.

import { exitCode } from "@starling/protocol";
import type { Node } from "@starling/protocol/rpc";
import type { Format } from "./arguments.ts";
import { runningIn } from "./claim-home.ts";
import { placesIn } from "./places.ts";
import { printState } from "./print.ts";
import { clientOf, nodesOf } from "./ready.ts";
import { type DevnetState, readState } from "./state-file.ts";

/** Prints it; the exit code is 0 only when everything runs. */
export async function status(
  { home, format }: { readonly home: string; readonly format: Format },
  signal: AbortSignal,
): Promise<number> {
  const places = placesIn(home);
  const found = readState(places);
  const pid = await runningIn(places);
  if (found === null || (pid === null && found.phase !== "failed")) {
    if (format === "json") process.stdout.write(`${JSON.stringify({ phase: "stopped", home }, null, 2)}\n`);
    else process.stderr.write(`no devnet runs in ${home}; \`starling devnet up\` starts one\n`);
    return exitCode.failed;
  }
  // A supervisor that was killed could not write that it ended.
  const state: DevnetState = pid === null ? { ...found, phase: "failed" } : found;
  const nodes = state.phase === "ready" ? await nodesNow(state, signal) : [];
  printState(state, format, nodes);
  return state.phase === "ready" && state.daemons.every(({ end }) => end === null) ? exitCode.ok : exitCode.failed;
}

async function nodesNow(state: DevnetState, signal: AbortSignal): Promise<readonly Node[]> {
  const client = clientOf(state);
  try {
    return await nodesOf(client, signal);
  } catch {
    // The table says so: no worker is shown as connected.
    return [];
  } finally {
    client.close();
  }
}
