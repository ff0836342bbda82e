// What a devnet says about itself to other processes. It holds nothing that tells who lies: that must follow from evidence.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { DaemonEnd, DaemonRole } from "./daemon.ts";
import type { Places } from "./places.ts";

/** Life of a devnet. */
export type DevnetPhase = "starting" | "ready" | "stopping" | "stopped" | "failed";

/** One daemon as others see it. */
export interface DaemonState {
  readonly name: string;
  readonly role: DaemonRole | "chain";
  readonly pid: number;
  /** Hot key of a worker, account of the coordinator. */
  readonly account: string;
  readonly operator: string;
  /** Where it listens for peers; the chain's RPC. */
  readonly address: string;
  /** File of its log; empty for the chain, which keeps none. */
  readonly log: string;
  /** How it ended; null while it runs. */
  readonly end: Pick<DaemonEnd, "code" | "signal" | "reason" | "wanted"> | null;
}

/** The file `devnet.json`. */
export interface DevnetState {
  readonly format: 1;
  readonly pid: number;
  readonly phase: DevnetPhase;
  /** Why it failed, or null. */
  readonly reason: string | null;
  readonly startedAt: number;
  readonly startMs: number | null;
  readonly home: string;
  readonly api: string;
  readonly tokenFile: string;
  readonly rpcUrl: string;
  readonly networkFile: string;
  readonly wallet: string;
  readonly payer: string;
  readonly daemons: readonly DaemonState[];
}

/** Writes it so that a reader never sees half of it. */
export function writeState(places: Places, state: DevnetState): void {
  const staging = `${places.stateFile}.new`;
  writeFileSync(staging, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(staging, places.stateFile);
}

/** Reads it; null when there is none. */
export function readState(places: Places): DevnetState | null {
  try {
    return JSON.parse(readFileSync(places.stateFile, "utf8")) as DevnetState;
  } catch {
    return null;
  }
}
