// `starling devnet start NAME` and `stop NAME`: one daemon of a running devnet, with its data as it left them.
import { exitCode } from "@starling/protocol";
import { chainName, chainStays } from "./chain-process.ts";
import { runningIn } from "./claim-home.ts";
import type { Devnet } from "./devnet.ts";
import { placesIn } from "./places.ts";
import { askDevnet, type DevnetAnswer, type DevnetRequest } from "./requests.ts";

/** Longest wait until a daemon is back in the network. */
const startMsMax = 60_000;
/** The devnet answers by then in any case. */
const answerMsMax = startMsMax + 20_000;

/** Asks the devnet of a home; prints how it went. */
export async function askFor(
  { home, ...request }: DevnetRequest & { readonly home: string },
  signal: AbortSignal,
): Promise<number> {
  const places = placesIn(home);
  if ((await runningIn(places)) === null) {
    process.stderr.write(`no devnet runs in ${home}; \`starling devnet up\` starts one\n`);
    return exitCode.failed;
  }
  const late = AbortSignal.timeout(answerMsMax);
  const { ok, message } = await askDevnet(places, request, AbortSignal.any([signal, late]));
  process.stderr.write(`${message}\n`);
  return ok ? exitCode.ok : exitCode.failed;
}

/** Does what was asked of this devnet. */
export async function obey(devnet: Devnet, { verb, name }: DevnetRequest): Promise<DevnetAnswer> {
  const names = devnet.state().daemons.map((daemon) => daemon.name);
  if (!names.includes(name)) return { ok: false, message: `there is no daemon ${name}; there are ${names.join(", ")}` };
  if (name === chainName) return { ok: false, message: chainStays };
  return verb === "start" ? await start(devnet, name) : await stop(devnet, name);
}

async function stop(devnet: Devnet, name: string): Promise<DevnetAnswer> {
  if (devnet.daemon(name).end !== null) return { ok: true, message: `${name} does not run` };
  await devnet.daemon(name).stop();
  return { ok: true, message: `${name} is stopped; \`starling devnet start ${name}\` starts it again` };
}

async function start(devnet: Devnet, name: string): Promise<DevnetAnswer> {
  if (devnet.daemon(name).end === null) return { ok: true, message: `${name} runs already` };
  const daemon = devnet.restart(name);
  const died = new AbortController();
  void daemon.exited.then(({ reason }) => died.abort(new Error(`${name} ended again: ${reason}`)));
  const late = AbortSignal.timeout(startMsMax);
  const signal = AbortSignal.any([died.signal, late]);
  const { role } = daemon.spec;
  try {
    if (role === "coordinator") await devnet.serving({ signal });
    else if (role !== "hub") {
      // Nobody could admit it.
      if (devnet.daemon("coordinator").end !== null)
        return { ok: true, message: `${name} runs, process ${daemon.pid}; the coordinator does not` };
      await devnet.admitted({ names: [name], signal });
    }
  } catch (error) {
    if (died.signal.aborted) throw died.signal.reason;
    if (late.aborted) throw new Error(`${name} runs, and is not in the network after ${startMsMax / 1_000} s`);
    throw error;
  }
  return { ok: true, message: `${name} is back, process ${daemon.pid}` };
}
