// What an owner lets run on his machine, beside what it can: programs, payers and memory. Hours are in hours.ts.
import type { Address, Cid, DeclineReason, LeaseItem } from "@starling/protocol";
import { refusalOfHosts } from "./hosts.ts";
import type { HourSpan } from "./hours.ts";
import { type ImagePlace, refusalOfImage } from "./images.ts";

/** A list of what alone is taken, or of what is not; whatever stands in both is not. */
export interface Listed<T> {
  /** Left out: all but those that are denied. */
  readonly allow?: ReadonlySet<T>;
  readonly deny: ReadonlySet<T>;
}

/** The owner's rules. Left out is what he doesn't mind. */
export interface OwnerRules {
  /** By content id: whatever a task runs has one. */
  readonly programs?: Listed<Cid>;
  readonly payers?: Listed<Address>;
  readonly hours?: readonly HourSpan[];
  /** All that tasks may have at one time, bytes. */
  readonly memoryBytes?: number;
  /** Hosts that containers may reach, in their one form; left out where none may. */
  readonly hosts?: ReadonlySet<string>;
  /** From where images may be pulled; left out where none may. */
  readonly images?: readonly ImagePlace[];
}

/** Why a lease is not taken, for whoever pays. */
export interface Refusal {
  readonly reason: DeclineReason;
  readonly message: string;
}

/** What in the rules keeps a lease from this machine, or null. */
export function refusalOf(rules: OwnerRules | undefined, lease: LeaseItem): Refusal | null {
  const { task, payer } = lease;
  const unlisted = refusalOfHosts(rules?.hosts, lease) ?? refusalOfImage(rules?.images, lease);
  if (unlisted !== null || rules === undefined) return unlisted;
  const { programs, payers, memoryBytes } = rules;
  if (payers !== undefined && !takes(payers, payer))
    return { reason: "payerRefused", message: `the owner does not work for ${payer}` };
  if (programs !== undefined && !takes(programs, task.program.cid))
    return { reason: "programRefused", message: `the owner does not run the program ${task.program.cid}` };
  if (memoryBytes !== undefined && task.limits.memoryBytes > memoryBytes)
    return { reason: "needsUnmet", message: `the owner lends ${memoryBytes} bytes of memory` };
  return null;
}

function takes<T>({ allow, deny }: Listed<T>, one: T): boolean {
  return !deny.has(one) && (allow === undefined || allow.has(one));
}
