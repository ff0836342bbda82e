// `starling devnet up`: in the foreground until it is stopped, or handed to a background process.
import { once } from "node:events";
import { exitCode } from "@starling/protocol";
import type { UpOptions } from "./arguments.ts";
import { obey } from "./daemon-verbs.ts";
import { isBackground, startInBackground, tellStarter } from "./detach.ts";
import { Devnet } from "./devnet.ts";
import { printState } from "./print.ts";
import { answerRequests } from "./requests.ts";

/** Starts a devnet; resolves when it has ended, or when the background process has it ready. */
export async function up(options: UpOptions, signal: AbortSignal): Promise<number> {
  if (options.detach && !isBackground()) {
    const state = await startInBackground(options, signal);
    printState(state, options.format);
    return exitCode.ok;
  }
  const say = (step: string): void => {
    if (options.format === "table") process.stderr.write(`${step}\n`);
    if (isBackground()) tellStarter({ type: "step", step });
  };
  try {
    const devnet = await Devnet.start({ ...options, onStep: say }, { signal });
    devnet.onUnwantedEnd(({ spec }, { reason }) =>
      process.stderr.write(
        `${spec.name} ended: ${reason}\n  its log is ${spec.log}; nothing is started again by itself\n`,
      ),
    );
    const silence = answerRequests(devnet.places, (request) => obey(devnet, request));
    if (isBackground()) tellStarter({ type: "ready", state: devnet.state() });
    else {
      printState(devnet.state(), options.format);
      if (options.format === "table") process.stderr.write("\nCtrl-C stops all of it.\n");
    }
    await ending(options.minutes, signal);
    silence();
    await devnet.stop();
    return exitCode.ok;
  } catch (error) {
    if (isBackground())
      tellStarter({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

async function ending(minutes: number | null, signal: AbortSignal): Promise<void> {
  const end = minutes === null ? signal : AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);
  if (!end.aborted) await once(end, "abort");
}
