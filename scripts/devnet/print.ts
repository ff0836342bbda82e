// A devnet for people and for programs.
import type { Node } from "@starling/protocol/rpc";
import type { Format } from "./arguments.ts";
import type { DaemonState, DevnetState } from "./state-file.ts";

/** Prints endpoints and daemons on standard output. */
export function printState(state: DevnetState, format: Format, nodes: readonly Node[] = []): void {
  process.stdout.write(format === "json" ? `${JSON.stringify(state, null, 2)}\n` : tableOf(state, nodes));
}

function tableOf(state: DevnetState, nodes: readonly Node[]): string {
  const ready = state.startMs === null ? "" : `, started in ${(state.startMs / 1_000).toFixed(1)} s`;
  const facts = [
    ["devnet", `${state.phase}${ready}, process ${state.pid}${state.reason === null ? "" : `: ${state.reason}`}`],
    ["api", `${state.api} (gRPC; token in ${state.tokenFile})`],
    ["chain", state.rpcUrl === "" ? "none" : state.rpcUrl],
    ["network", state.networkFile],
    ["payer", `${state.payer} (key in ${state.wallet})`],
  ];
  const rows = state.daemons.map((daemon) => [
    daemon.name,
    daemon.account,
    daemon.address,
    `${daemon.pid}`,
    conditionOf(daemon, nodes),
  ]);
  return `${columns(facts)}\n${columns([["NAME", "ACCOUNT", "ADDRESS", "PID", "STATE"], ...rows])}${waysBack(state)}`;
}

// Whoever finds something dead wants to know how to go on; its data is where it left it.
function waysBack({ daemons }: DevnetState): string {
  const dead = daemons.filter(({ end }) => end !== null);
  // A devnet that was stopped as a whole is started as a whole.
  if (dead.length === daemons.length) return "";
  const ways = dead.map(({ name }) =>
    name === "chain"
      ? "the chain's state ended with its process: `starling devnet down` and `starling devnet up` make a new network"
      : `\`starling devnet start ${name}\` starts it again with its data`,
  );
  return `\n${ways.join("\n")}\n`;
}

function conditionOf({ end, account, role }: DaemonState, nodes: readonly Node[]): string {
  if (end !== null) return `ended: ${end.reason}`;
  const node = nodes.find(({ worker }) => worker === account);
  if (node === undefined || role === "coordinator") return "runs";
  return `${node.state}, ${node.connected ? "connected" : "not connected"}`;
}

/** Left-aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return `${rows.map(line).join("\n")}\n`;
}
