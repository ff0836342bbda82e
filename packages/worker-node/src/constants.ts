// Every constant that a worker decides by, and those that are the same for everybody, as `--print-config` shows them below the options.
import { printPolicy } from "@starling/node-kit";
import { trustTable } from "@starling/protocol";
import { policyTable } from "./core/index.ts";

/** All of them with their reasons, as comments. */
export function printConstants(): string {
  return `${printPolicy(policyTable)}${printPolicy(trustTable, { heading: "protocol (the same for everybody)" })}`;
}
