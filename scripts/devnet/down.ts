// `starling devnet down`.
import { setTimeout as delay } from "node:timers/promises";
import { exitCode } from "@starling/protocol";
import { runningIn } from "./claim-home.ts";
import { placesIn } from "./places.ts";

const askEveryMs = 50;
const stopMsMax = 20_000;

/** Asks the supervisor to stop, and waits until it has. Without a devnet there is nothing to do. */
export async function down({ home }: { readonly home: string }, signal: AbortSignal): Promise<number> {
  const places = placesIn(home);
  const pid = await runningIn(places);
  if (pid === null) {
    process.stderr.write(`no devnet runs in ${home}\n`);
    return exitCode.ok;
  }
  process.kill(pid, "SIGTERM");
  const late = AbortSignal.timeout(stopMsMax);
  while ((await runningIn(places)) === pid) {
    // Its daemons end with it, by their lifelines.
    if (late.aborted) process.kill(pid, "SIGKILL");
    await delay(askEveryMs, undefined, { signal });
  }
  process.stderr.write(`the devnet in ${home} is stopped\n`);
  return exitCode.ok;
}
