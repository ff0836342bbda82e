// NodeService: the workers that this coordinator knows.
import { type BoundService, bindService, mayActFor } from "@starling/node-kit";
import { type Address, limits } from "@starling/protocol";
import { type Node, NodeServiceDefinition } from "@starling/protocol/rpc";
import { listNodes, type NodeView, nodeView, type WorkerState } from "../../core/index.ts";
import type { ApiDeps } from "./deps.ts";
import { nodeMessage } from "./messages.ts";
import { pageSize, refusal, refusalOf } from "./refuse.ts";

/** The service over one engine. */
export function nodeService(deps: ApiDeps): BoundService {
  return bindService(
    NodeServiceDefinition,
    {
      listNodes: async (request, { signal }) => {
        const limit = pageSize(request.pageSize, { most: limits.pageRows, usual: limits.pageRowsDefault });
        const page = await deps.engine.readSettled((state) =>
          listNodes(state, {
            limit,
            ...(request.states.length === 0 ? {} : { states: request.states as WorkerState[] }),
            ...(request.pageToken === "" ? {} : { cursor: request.pageToken }),
          }),
        );
        const nodes = await Promise.all(page.items.map((view) => withStake(deps, view, { signal, asksChain: false })));
        return { nodes, nextPageToken: page.nextCursor ?? "" };
      },
      getNode: async ({ worker }, { signal }) => ({
        node: await withStake(deps, known(deps, worker), { signal, asksChain: true }),
      }),
      drainNode: async ({ worker }, { identity, signal }) => {
        const { worker: address, operator } = known(deps, worker);
        if (!mayActFor(identity, operator) && !mayActFor(identity, address))
          throw refusal("permissionDenied", "a worker is drained by its operator, or by whoever runs this coordinator");
        const outcome = await deps.engine.submit({ type: "workerDrained", worker: address });
        if (!outcome.ok) throw refusalOf(outcome);
        return { node: await withStake(deps, known(deps, worker), { signal, asksChain: false }) };
      },
    },
    { listNodes: "known", getNode: "known", drainNode: "known" },
  );
}

function known({ engine }: ApiDeps, worker: string): NodeView {
  const view = engine.read((state) => nodeView(state, worker as Address));
  if (view === null) throw refusal("workerNotFound", `no worker ${worker} has registered here`);
  return view;
}

async function withStake(
  deps: ApiDeps,
  view: NodeView,
  { signal, asksChain }: { readonly signal: AbortSignal; readonly asksChain: boolean },
): Promise<Node> {
  // A chain that is silent says nothing about the stake: that is not the same as none.
  const stake = asksChain
    ? await deps.queries.stake(view.operator, { signal }).then(
        (bond) => bond.stake,
        () => null,
      )
    : null;
  const isReferee = deps.engine.read((state) => state.ledger.escrowOfPayer.has(view.operator));
  return nodeMessage(view, { stake, isReferee });
}
