// Every constant that a coordinator decides by, as `--print-config` shows them below the options.
import { printPolicy } from "@starling/node-kit";
import { trustTable } from "@starling/protocol";
import type { CoordinatorSettings } from "./config.ts";
import { policyTable, reputationTable } from "./core/index.ts";

/** All of them with their reasons, as comments; those that an option changes as they are in force. */
export function printConstants({ escrowIdle, finality }: Pick<CoordinatorSettings, "escrowIdle" | "finality">): string {
  const values = { escrowIdleMs: escrowIdle, finalityMs: finality };
  return [
    printPolicy(policyTable, { values }),
    printPolicy(reputationTable, { heading: "reputation, for placement only" }),
    printPolicy(trustTable, { heading: "protocol (the same for everybody)" }),
  ].join("");
}
