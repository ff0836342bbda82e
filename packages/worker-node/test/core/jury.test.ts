// A juror: one vote for each duty, written down before it leaves, committed and shown in its windows, whatever is killed between.
import { voteCommitment, zeroHash } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { type DrawnJury, type WorkerEffect, workerDecider } from "../../src/core/index.ts";
import { type OwnerWish, stanceOf } from "../../src/core/owner/hold.ts";
import { began, OnChain, policy, prepared } from "./on-chain.ts";
import { coordinator, escrow, hash, only, worker } from "./support.ts";

const drawn: DrawnJury = {
  disputeId: hash("dispute"),
  round: 1,
  escrowId: escrow,
  taskSpec: hash("task"),
  challenger: coordinator,
  commitBySeconds: began + 100,
  revealBySeconds: began + 150,
};
const dutyId = `${drawn.disputeId}.1`;
const digest = hash("right");

/** A worker that the court names. */
class Juror extends OnChain {
  juries: readonly DrawnJury[] = [drawn];

  override answering(asked: readonly WorkerEffect[]): readonly WorkerEffect[] {
    const all = [...super.answering(asked)];
    for (const _ of only(asked, "readJuries")) all.push(...this.court());
    return all;
  }

  court(juries = this.juries): readonly WorkerEffect[] {
    return this.effectsOf({
      type: "juriesSeen",
      throughBlock: this.head,
      juries,
      courtSeconds: { commit: 100, reveal: 50 },
    });
  }

  judged(result: Parameters<typeof judgedInput>[0]): readonly WorkerEffect[] {
    return this.effectsOf(judgedInput(result));
  }

  votes() {
    return this.facts.flatMap((fact) => (fact.type === "voteCast" ? [fact.vote] : []));
  }

  outcomes() {
    return this.facts.flatMap((fact) => (fact.type === "dutyOver" ? [fact.outcome] : []));
  }
}

function judgedInput(
  result:
    | { readonly kind: "completed"; readonly digest: `0x${string}` }
    | { readonly kind: "impossible" | "later"; readonly reason: string },
) {
  return { type: "taskJudged", dutyId, result } as const;
}

function wishInput(wish: OwnerWish) {
  return { type: "ownerAsked", wish } as const;
}

function drawnJuror(): Juror {
  const juror = new Juror();
  juror.block(10);
  return juror;
}

function signNewest(juror: Juror): `0x${string}` {
  const newest = prepared(juror.effects).at(-1);
  return juror.sign(newest === undefined ? [] : [{ type: "sender", effect: newest }]);
}

function callsOf(effects: readonly WorkerEffect[]): readonly string[] {
  return prepared(effects).map(({ call }) => call.kind);
}

describe("a juror", () => {
  test("that is drawn for more disputes than it judges at once abstains from the others, which costs it nothing", () => {
    const juror = new Juror({ policy: { ...policy, dutiesMax: 2 } });
    juror.juries = ["a", "b", "c"].map((name) => ({ ...drawn, disputeId: hash(name) }));
    juror.block(10);
    expect(only(juror.effects, "judgeTask")).toHaveLength(2);
    expect(juror.votes().map((vote) => vote.digest)).toEqual([zeroHash]);
    expect(callsOf(juror.effects)).toEqual(["commitVote"]);
    // However often they are read.
    juror.court();
    expect(juror.votes()).toHaveLength(1);
  });

  test("whose owner wants the machine judges within the notice, and no longer; the vote stays owed and is cast when he lets it", () => {
    const juror = drawnJuror();
    const ended = (effects: readonly WorkerEffect[]) => only(effects, "endJudging");
    const asked = (wish: Parameters<typeof wishInput>[0]) => juror.effectsOf(wishInput(wish));
    expect(ended(asked({ kind: "reclaim", noticeMs: 5_000 }))).toEqual([]);
    expect(stanceOf(juror.state).state).toBe("reclaiming");
    expect(workerDecider.nextWake(juror.state)).toBeLessThanOrEqual(stanceOf(juror.state).killAt ?? 0);
    expect(ended(juror.pass(5_000))).toEqual([{ type: "endJudging", dutyId }]);
    expect(stanceOf(juror.state).state).toBe("reclaimed");
    // Said once, and begun again only when it is over and the machine is lent again.
    expect(ended(juror.block(1))).toEqual([]);
    expect(only(asked({ kind: "resume" }), "judgeTask")).toEqual([]);
    expect(only(juror.block(1), "judgeTask")).toEqual([]);
    juror.judged({ kind: "later", reason: "the owner has taken the machine back" });
    expect(juror.votes()).toEqual([]);
    expect(only(juror.block(1), "judgeTask")).toEqual([{ type: "judgeTask", dutyId, drawn }]);
    juror.judged({ kind: "completed", digest });
    expect(juror.votes().map((vote) => vote.digest)).toEqual([digest]);
  });

  test("whose owner keeps the machine until commitments end abstains, which costs it nothing", () => {
    const juror = drawnJuror();
    juror.effectsOf(wishInput({ kind: "reclaim", noticeMs: 0 }));
    juror.judged({ kind: "later", reason: "the owner has taken the machine back" });
    expect(only(juror.block(1), "judgeTask")).toEqual([]);
    expect(callsOf(juror.block(80))).toEqual(["commitVote"]);
    expect(juror.votes().map((vote) => vote.digest)).toEqual([zeroHash]);
  });

  test("runs the task once, commits to its digest, and shows it when commitments are over", () => {
    const juror = drawnJuror();
    expect(only(juror.effects, "judgeTask")).toEqual([{ type: "judgeTask", dutyId, drawn }]);
    juror.block(1);
    expect(only(juror.effects, "judgeTask")).toHaveLength(1);

    const effects = juror.judged({ kind: "completed", digest });
    const [vote] = juror.votes();
    expect(vote?.digest).toBe(digest);
    const commitment = voteCommitment({ ...drawn, juror: worker, digest, salt: vote?.salt ?? zeroHash });
    expect(prepared(effects)[0]?.call).toEqual({ kind: "commitVote", disputeId: drawn.disputeId, commitment });
    juror.mine(juror.sign(effects), 0n);

    expect(callsOf(juror.block(80))).toEqual([]);
    const shown = juror.block(10);
    expect(prepared(shown)[0]?.call).toEqual({
      kind: "revealVote",
      disputeId: drawn.disputeId,
      digest,
      salt: vote?.salt,
    });
    juror.mine(juror.sign(shown), 0n);
    juror.block(60);
    expect(juror.outcomes()).toEqual(["voted"]);
    expect(juror.state.ledger.duties.size).toBe(0);
    // The court still shows the draw: it is over.
    juror.block(10);
    expect(juror.votes()).toHaveLength(1);
  });

  test("whose machine was taken back runs nothing, and abstains in time", () => {
    const juror = new Juror();
    juror.input({ type: "ownerAsked", wish: { kind: "reclaim", noticeMs: 0 } });
    juror.block(10);
    expect(only(juror.effects, "judgeTask")).toEqual([]);
    juror.block(50);
    expect(juror.votes()).toEqual([]);
    juror.block(20);
    expect(juror.votes()).toMatchObject([{ digest: zeroHash }]);
  });

  test("has its salt on disk before the commitment leaves", () => {
    const juror = drawnJuror();
    juror.judged({ kind: "completed", digest });
    const types = juror.facts.map((fact) => (fact.type === "sender" ? fact.fact.type : fact.type));
    expect(types.indexOf("voteCast")).toBeGreaterThan(-1);
    expect(types.indexOf("voteCast")).toBeLessThan(types.indexOf("transactionIntended"));
  });

  test("asks again with the next block when nobody gives the task yet", () => {
    const juror = drawnJuror();
    juror.judged({ kind: "later", reason: "notDrawn" });
    juror.block(1);
    expect(only(juror.effects, "judgeTask")).toHaveLength(2);
    expect(juror.votes()).toEqual([]);
  });

  test.each([
    ["the task can't be run here", (juror: Juror) => void juror.judged({ kind: "impossible", reason: "classMissing" })],
    ["time runs out", (juror: Juror) => void juror.block(65)],
  ])("abstains when %s, while commitments count", (_name, go) => {
    const juror = drawnJuror();
    go(juror);
    expect(juror.votes()).toMatchObject([{ digest: zeroHash }]);
    expect(callsOf(juror.effects)).toContain("commitVote");
  });

  test("has one vote: what it finds later changes nothing", () => {
    const juror = drawnJuror();
    juror.block(65);
    expect(juror.input(judgedInput({ kind: "completed", digest }))).toMatchObject({ ok: false, code: "votedAlready" });
    expect(juror.votes()).toMatchObject([{ digest: zeroHash }]);
  });

  test("shows nothing of a commitment that is in no block", () => {
    const juror = drawnJuror();
    juror.judged({ kind: "completed", digest });
    juror.block(95);
    juror.block(10);
    expect(callsOf(juror.effects)).not.toContain("revealVote");
    juror.block(60);
    expect(juror.outcomes()).toEqual(["missed"]);
  });

  test("commits again, to the same, when the contract refused it", () => {
    const juror = drawnJuror();
    const effects = juror.judged({ kind: "completed", digest });
    juror.refuse(effects);
    expect(callsOf(juror.block(1))).toEqual([]);
    const again = juror.block(5);
    expect(prepared(again)[0]?.call).toEqual(prepared(effects)[0]?.call);
    expect(juror.votes()).toHaveLength(1);
  });

  test("keeps its vote when a reorg drew the same jury at another time", () => {
    const juror = drawnJuror();
    juror.judged({ kind: "completed", digest });
    const later = { ...drawn, commitBySeconds: drawn.commitBySeconds + 7, revealBySeconds: drawn.revealBySeconds + 7 };
    juror.juries = [later];
    juror.block(20);
    expect(juror.state.ledger.duties.get(dutyId)).toMatchObject({ drawn: later, vote: { digest } });
    expect(juror.votes()).toHaveLength(1);
  });

  test("takes no duty whose windows are over, and none where its owner wants none", () => {
    const late = new Juror();
    late.block(200);
    expect(late.state.ledger.duties.size).toBe(0);
    const idle = new Juror();
    idle.block(10);
    expect(only(idle.effects, "readJuries").length).toBeGreaterThan(0);
    const unwilling = new OnChain({ servesJuries: false });
    unwilling.block(10);
    expect(only(unwilling.effects, "readJuries")).toEqual([]);
  });

  test("asks the court ten times in a window, and only for blocks that it has not read", () => {
    const juror = new Juror();
    juror.juries = [];
    juror.block(0);
    const before = only(juror.effects, "readJuries").length;
    for (let i = 0; i < 100; i += 1) juror.block(1);
    const asked = only(juror.effects, "readJuries").slice(before);
    expect(asked).toHaveLength(10);
    expect(asked.every(({ afterBlock }) => afterBlock !== null)).toBe(true);
  });
});

test("a juror that is killed at any step votes once, and what it voted", () => {
  type At = { readonly juror: Juror; signed: `0x${string}` | null };
  const steps: readonly ((at: At) => void)[] = [
    ({ juror }) => void juror.block(1),
    ({ juror }) => void juror.judged({ kind: "completed", digest }),
    (at) => {
      at.signed = signNewest(at.juror);
    },
    ({ juror, signed }) => juror.mine(signed ?? hash("none"), 0n),
    ({ juror }) => void juror.block(95),
    (at) => {
      at.signed = signNewest(at.juror);
    },
    ({ juror, signed }) => juror.mine(signed ?? hash("none"), 0n),
    ({ juror }) => void juror.block(60),
  ];
  for (let killedAfter = 0; killedAfter < steps.length; killedAfter += 1) {
    const juror = drawnJuror();
    const at: At = { juror, signed: null };
    for (const [i, step] of steps.entries()) {
      if (i === killedAfter) {
        juror.restart();
        juror.block(0);
      }
      step(at);
      expect(workerDecider.violations(juror.state)).toEqual([]);
    }
    expect(juror.votes(), `killed after ${killedAfter}`).toMatchObject([{ digest }]);
    expect(juror.outcomes(), `killed after ${killedAfter}`).toEqual(["voted"]);
    expect(juror.state.ledger.sender.intents.size).toBe(0);
    expect(juror.nonce).toBe(2);
  }
});
