// The chain's process as a row among the daemons. Its state is in its memory alone, so that it is never stopped or started by itself.
import { constants } from "node:os";
import type { Anvil } from "@starling/node-kit";
import type { DaemonState } from "./state-file.ts";

/** Its name in every table, and in `devnet start` and `stop`. */
export const chainName = "chain";

/** Why it can be asked for nothing, in a sentence. */
export const chainStays =
  "the chain of a devnet is not started or stopped alone: its state ends with its process; `starling devnet down` and `starling devnet up` make a new network";

/** The chain as others see it. */
export function chainRow(anvil: Anvil, end: DaemonState["end"]): DaemonState {
  return {
    name: chainName,
    role: "chain",
    pid: anvil.pid,
    account: "",
    operator: "",
    address: anvil.httpUrl,
    log: "",
    end,
  };
}

/** How it ended. Its guard tells a signal by an exit code above 128, as shells do. */
export function chainEnd(
  code: number | null,
  { wanted }: { readonly wanted: boolean },
): NonNullable<DaemonState["end"]> {
  const numbers = Object.entries(constants.signals) as [NodeJS.Signals, number][];
  const signal = code === null ? "SIGKILL" : (numbers.find(([, number]) => number === code - 128)?.[0] ?? null);
  const reason = signal === null ? `it exited with code ${code}` : `it was killed by ${signal}`;
  return { code: signal === null ? code : null, signal, reason, wanted };
}
