// Runs a disputed task again: asks for it whoever has it, believes nothing that does not hash to the dispute, and runs it as any other.
import type { ArtifactStore, Network } from "@starling/node-kit";
import {
  type Address,
  type DisputeAnswer,
  type DisputedTask,
  decodeDisputeAnswer,
  disputeProtocol,
  encodeDisputeAsk,
  type Hash,
  isTaskOf,
  type RuntimeClass,
} from "@starling/protocol";
import type { DrawnJury, JudgedResult } from "../core/index.ts";
import type { Executor } from "./executors/executor.ts";
import type { CoordinatorLinks } from "./links.ts";
import type { MemoryCache } from "./memory-cache.ts";
import type { BlobPeer } from "./ports.ts";
import { type RunnableLease, runLease } from "./run-lease.ts";

/** Parts of the world that judging needs. */
export interface JudgeDeps {
  readonly network: Pick<Network, "openStream">;
  readonly links: Pick<CoordinatorLinks, "to" | "all">;
  readonly executors: ReadonlyMap<RuntimeClass, Executor>;
  readonly artifacts: ArtifactStore;
  readonly memory: MemoryCache;
  readonly blobsOf: (coordinator: Address) => BlobPeer;
  readonly runsDir: string;
}

const ASK_LIMIT_MS = 5_000;

/** `later` whenever nobody gave the task, or this machine could not run it now: until commitments end it costs nothing to try again. Rejects when the daemon stops. */
export async function judge(drawn: DrawnJury, deps: JudgeDeps, signal: AbortSignal): Promise<JudgedResult> {
  let reason = "no coordinator that could have the task is connected";
  for (const coordinator of whoMayHaveIt(drawn, deps)) {
    const answer = await ask(drawn.disputeId, coordinator, { deps, signal });
    if (answer.type === "task" && isTaskOf(drawn.disputeId, answer.task)) {
      const result = await run(drawn, { coordinator, task: answer.task }, { deps, signal });
      if (result.kind !== "later") return result;
      // Whoever gave the task need not give its inputs: another one may.
      reason = result.reason;
      continue;
    }
    reason = answer.type === "task" ? "the task that was given is another one" : `${answer.code}: ${answer.message}`;
  }
  return { kind: "later", reason };
}

// Whoever opened the dispute has it for sure; any other who gives it need not be believed.
function whoMayHaveIt({ challenger }: DrawnJury, { links }: JudgeDeps): readonly Address[] {
  const others = links.all().filter((coordinator) => coordinator !== challenger);
  return links.to(challenger) === undefined ? others : [challenger, ...others];
}

interface Asking {
  readonly deps: JudgeDeps;
  readonly signal: AbortSignal;
}

async function ask(disputeId: Hash, coordinator: Address, { deps, signal }: Asking): Promise<DisputeAnswer> {
  const peerId = deps.links.to(coordinator)?.peerId;
  if (peerId === undefined) return { type: "refused", code: "unavailable", message: "its stream ended" };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(ASK_LIMIT_MS)]);
  try {
    const stream = await deps.network.openStream(peerId, disputeProtocol, { signal: limited });
    const answered = new Promise<DisputeAnswer>((resolve, reject) => {
      stream.onFrame((frame) => resolve(decodeDisputeAnswer(frame)));
      stream.onClose((error) => reject(error ?? new Error("it hung up")));
      limited.addEventListener("abort", () => reject(limited.reason), { once: true });
    });
    // A refusal may come before the question has left.
    answered.catch(() => undefined);
    await stream.send(encodeDisputeAsk(disputeId));
    const answer = await answered;
    void stream.close().catch(() => undefined);
    return answer;
  } catch (error) {
    signal.throwIfAborted();
    return { type: "refused", code: "unavailable", message: error instanceof Error ? error.message : String(error) };
  }
}

interface Given {
  readonly coordinator: Address;
  readonly task: DisputedTask;
}

async function run(
  { disputeId }: DrawnJury,
  { coordinator, task }: Given,
  { deps, signal }: Asking,
): Promise<JudgedResult> {
  const executor = deps.executors.get(task.task.runtimeClass);
  if (executor === undefined)
    return { kind: "impossible", reason: `class ${task.task.runtimeClass} does not run here` };
  const { place } = task;
  // A payer of its own: what judges shares no sandbox with what is paid for.
  const payer: Address = `0x${disputeId.slice(2, 42)}`;
  const lease: RunnableLease = { leaseId: disputeId, payer, index: place.index, task: task.task };
  const { artifacts, memory, runsDir, blobsOf } = deps;
  const parts = { artifacts, memory, runsDir, executor, peer: blobsOf(coordinator) };
  const result = await runLease(lease, parts, { signal, onProgress: () => undefined });
  if (result.kind === "completed") return { kind: "completed", digest: result.digest };
  // A vote is cast once: an input that did not come or a full disk is no reason to give it away.
  const kind = result.fault === "infrastructure" ? "later" : "impossible";
  return { kind, reason: `${result.reason}: ${result.message}` };
}
