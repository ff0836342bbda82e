// `starling node`: the workers that a coordinator knows.
import type { Node } from "@starling/protocol/rpc";
import { type StarlingClient, StarlingError } from "@starling/sdk";
import type { Command } from "commander";
import { formatListing, formatOne } from "../output/format.ts";
import { nodeColumns, nodeLines } from "../output/task.ts";
import { type Action, command, statesOf } from "./command.ts";

const workerStates = ["known", "admitted", "suspended", "banned", "left"] as const;

export function addNodeCommands(program: Command): void {
  const node = program.command("node").description("Look at the workers of the network");
  command(node, "list", { description: "List workers", run: list }).option(
    "-s, --state <state...>",
    "only workers in these states",
  );
  command(node, "describe <worker>", { description: "Show a worker; a prefix of its address will do", run: describe });
  command(node, "drain <worker>", { description: "Give a worker no more leases", run: drain });
}

const list: Action = async (context, _args, options) => {
  const states = statesOf(options.state, workerStates);
  const nodes = await context.withClient((client) => allNodes(client, states));
  context.print(formatListing({ rows: nodes, columns: nodeColumns, name: (node) => node.worker }, context.format));
};

const describe: Action = async (context, [prefix]) => {
  const node = await context.withClient(async (client) => {
    const listed = await nodeWith(client, prefix ?? "");
    // Its stake stands on the chain, which a listing does not ask.
    const { node: asked } = await client.nodes.getNode({ worker: listed.worker });
    return asked ?? listed;
  });
  context.print(formatOne(node, { lines: nodeLines(node), name: node.worker }, context.format));
};

const drain: Action = async (context, [prefix]) => {
  const node = await context.withClient(async (client) => {
    const { worker } = await nodeWith(client, prefix ?? "");
    const { node: drained } = await client.nodes.drainNode({ worker });
    return drained ?? (await nodeWith(client, worker));
  });
  context.print(formatOne(node, { lines: nodeLines(node), name: node.worker }, context.format));
};

async function allNodes(client: StarlingClient, states: string[]): Promise<Node[]> {
  const rows: Node[] = [];
  let pageToken = "";
  do {
    const page = await client.nodes.listNodes({ pageSize: 500, pageToken, states });
    rows.push(...page.nodes);
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  return rows;
}

async function nodeWith(client: StarlingClient, prefix: string): Promise<Node> {
  const found = (await allNodes(client, [])).filter((node) => node.worker.startsWith(prefix.toLowerCase()));
  const [only, second] = found;
  if (only === undefined) throw new StarlingError("workerNotFound", `no worker's address starts with ${prefix}`);
  if (second !== undefined)
    throw new StarlingError("invalidArgument", `several workers' addresses start with ${prefix}: give more digits`);
  return only;
}
