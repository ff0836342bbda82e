// A drawn juror gets the task of its dispute and nobody else does; the task is the one that the dispute's id names.
import type { FrameStream } from "@starling/node-kit";
import {
  type Address,
  type DisputeAnswer,
  decodeDisputeAnswer,
  encodeDisputeAsk,
  type Hash,
  isTaskOf,
  keccakText,
  resultHashOf,
} from "@starling/protocol";
import { describe, expect, it } from "vitest";
import { serveJurors } from "../../src/shell/juror-desk.ts";
import { payer, submission } from "../core/world/fixtures.ts";
import { fund, worldOf } from "../core/world/trust.ts";

/** A network whose peers are jurors: what they send is answered at once, or they are cut off. */
async function desk(workersOf: (peerId: string) => readonly Address[]) {
  const { world } = worldOf(["liar", "honest", "honest"]);
  world.join("referee", "honest", { operator: payer });
  const { court } = world.chain;
  court.verdictOf = (taskSpec) => resultHashOf(taskSpec, keccakText("never asked"));
  const job = submission({ tasks: 1, trust: "quorum" });
  world.submit(job);
  fund(world, job.newEscrowId);
  let accept: ((stream: FrameStream) => void) | undefined;
  await serveJurors({
    network: {
      handle: async (_name, onStream) => {
        accept = onStream;
      },
    },
    engine: { read: (select) => select(world.state) },
    workersOf,
  });
  const ask = (peerId: string, bytes: Uint8Array): DisputeAnswer | "cut off" => {
    let answer: DisputeAnswer | "cut off" | undefined;
    let hear: ((frame: Uint8Array) => void | Promise<void>) | undefined;
    accept?.({
      remotePeer: peerId,
      onFrame: (listener: typeof hear) => {
        hear = listener;
      },
      send: async (frame: Uint8Array) => {
        answer = decodeDisputeAnswer(frame);
      },
      abort: () => {
        answer = "cut off";
      },
    } as unknown as FrameStream);
    void hear?.(bytes);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  };
  return { world, court, ask };
}

describe("the desk for jurors", () => {
  const drawn: Address = `0x${"11".repeat(20)}`;
  const stranger: Address = `0x${"99".repeat(20)}`;

  it("gives the task to the drawn alone, and only once they are drawn", async () => {
    const { world, court, ask } = await desk((peerId) => [peerId === "juror" ? drawn : stranger]);
    for (let i = 0; i < 20 && court.cases.size === 0; i += 1) world.settle(1);
    const [disputeId] = court.cases.keys() as Iterable<Hash>;
    if (disputeId === undefined) throw new Error("a dispute");
    const question = encodeDisputeAsk(disputeId);
    expect(ask("juror", encodeDisputeAsk(keccakText("other")))).toMatchObject({ type: "refused", code: "unknown" });
    expect(ask("juror", question)).toMatchObject({ type: "refused", code: "notDrawn" });
    for (let i = 0; i < 20 && court.cases.get(disputeId)?.drawnAt == null; i += 1) world.settle(1);
    expect(ask("stranger", question)).toMatchObject({ type: "refused", code: "notJuror" });
    const answer = ask("juror", question);
    if (answer === "cut off" || answer.type !== "task") throw new Error("a task");
    expect(isTaskOf(disputeId, answer.task)).toBe(true);
  });

  it("cuts off whoever sends something else", async () => {
    const { ask } = await desk(() => []);
    expect(ask("juror", Uint8Array.of(1, 2, 3))).toBe("cut off");
  });
});
