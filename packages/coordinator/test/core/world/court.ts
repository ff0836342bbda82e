// A court in memory: stages end by block time as in the contract, and the test says what its juries find.
import {
  type Address,
  type ChainCall,
  type ChainEventBody,
  disputeIdOf,
  type EscrowId,
  type Hash,
  type Statement,
  type TaskSpecHash,
  zeroHash,
} from "@starling/protocol";
import { coordinator } from "./fixtures.ts";

type CallOf<K extends ChainCall["kind"]> = Extract<ChainCall, { kind: K }>;
type Call = CallOf<"openOnReceipt" | "implicate" | "draw" | "resolve" | "withdrawCredit" | "slashEquivocation">;

interface Case {
  readonly escrowId: EscrowId;
  readonly taskSpec: TaskSpecHash;
  readonly contested: Hash;
  readonly accused: Statement[];
  readonly opensAt: number;
  seedBlock: number | null;
  drawnAt: number | null;
  resolved: boolean;
}

interface Moment {
  readonly seconds: number;
  readonly block: number;
}

const bond = 130_000n;
const [drawing, judging] = [10, 20];

export class TestCourt {
  readonly cases = new Map<Hash, Case>();
  /** The right answer by a jury; zero where it finds none. */
  verdictOf: (taskSpec: TaskSpecHash) => Hash = () => zeroHash;
  /** How long evidence is taken, seconds. This chain simulates on its last block, so naming a signer takes two blocks. */
  evidence = 4;
  /** Eligible seats. */
  seats = 3;
  /** What the coordinator has for bonds. */
  money = 10n * bond;
  readonly credits = new Map<Address, bigint>();
  /** The operator of a worker, whose pledge is fined. */
  operatorOf: (worker: Address) => Address = (worker) => worker;

  static takes(call: ChainCall): call is Call {
    return ["openOnReceipt", "implicate", "draw", "resolve", "withdrawCredit", "slashEquivocation"].includes(call.kind);
  }

  /** Why a call would revert, or null. */
  fault(call: Call, now: Moment): string | null {
    if (call.kind === "withdrawCredit") return (this.credits.get(call.account) ?? 0n) > 0n ? null : "CourtNothingDue()";
    if (call.kind === "slashEquivocation") {
      const { one, other } = call;
      const isPair =
        one.worker === other.worker && one.attempt === other.attempt && one.resultHash !== other.resultHash;
      return isPair ? null : "CourtNoEquivocation()";
    }
    if (call.kind === "openOnReceipt") {
      if (this.cases.has(disputeIdOf(call.escrowId, call.taskSpec))) return "CourtAlreadyOpen()";
      return this.money < bond ? "ERC20InsufficientBalance(0x, 0, 130000)" : null;
    }
    const one = this.cases.get(call.disputeId);
    if (one === undefined) return "CourtBadStage(0, 1)";
    const stage = this.#stage(one, now);
    if (call.kind === "implicate") return stage === "evidence" ? null : "CourtBadStage(2, 1)";
    if (call.kind === "resolve") return stage === "ripe" ? null : "CourtBadStage(3, 6)";
    if (stage !== "drawing") return "CourtBadStage(3, 2)";
    if (one.seedBlock === null) return null;
    if (now.block <= one.seedBlock) return `CourtTooEarly(${one.seedBlock})`;
    return this.seats < 3 ? `CourtNoJury(${this.seats})` : null;
  }

  #stage(one: Case, { seconds }: Moment): string {
    if (one.resolved) return "resolved";
    if (seconds < one.opensAt) return "evidence";
    if (one.drawnAt === null) return seconds < one.opensAt + drawing ? "drawing" : "ripe";
    return seconds < one.drawnAt + judging ? "judging" : "ripe";
  }

  /** Applies a call that has no fault. */
  execute(call: Call, now: Moment): readonly ChainEventBody[] {
    switch (call.kind) {
      case "openOnReceipt":
        return this.open(call, now);
      case "implicate": {
        this.#caseOf(call.disputeId).accused.push(call.statement);
        return [implicated(call.disputeId, call.statement)];
      }
      case "slashEquivocation": {
        const { escrowId, taskSpec, one } = call;
        const { worker, attempt, fine: amount } = one;
        return [
          { type: "equivocated", escrowId, taskSpec, worker, finder: coordinator },
          { type: "slashed", escrowId, operator: this.operatorOf(worker), amount },
          { type: "workerFined", escrowId, worker, attempt, amount },
        ];
      }
      case "draw":
        return this.#draw(call.disputeId, now);
      case "resolve":
        return this.#resolve(call.disputeId);
      case "withdrawCredit": {
        const amount = this.credits.get(call.account) ?? 0n;
        this.credits.delete(call.account);
        return [{ type: "creditWithdrawn", account: call.account, amount }];
      }
    }
  }

  /** Opens a dispute, the coordinator's or somebody else's. */
  open(
    { escrowId, taskSpec, statement }: CallOf<"openOnReceipt">,
    now: Moment,
    challenger: Address = coordinator,
  ): readonly ChainEventBody[] {
    const disputeId = disputeIdOf(escrowId, taskSpec);
    const contested = statement.resultHash;
    const opensAt = now.seconds + this.evidence;
    const one = { escrowId, taskSpec, contested, accused: [statement], opensAt };
    this.cases.set(disputeId, { ...one, seedBlock: null, drawnAt: null, resolved: false });
    if (challenger === coordinator) this.money -= bond;
    return [
      { type: "disputeOpened", disputeId, escrowId, taskSpec, challenger, contested },
      implicated(disputeId, statement),
    ];
  }

  #draw(disputeId: Hash, now: Moment): readonly ChainEventBody[] {
    const one = this.#caseOf(disputeId);
    if (one.seedBlock === null) {
      one.seedBlock = now.block + 1;
      return [{ type: "juryArmed", disputeId, round: 1, seedBlock: one.seedBlock }];
    }
    one.drawnAt = now.seconds;
    const jurors = ["0x11", "0x22", "0x33"].map((start): Address => `0x${start.slice(2).repeat(20)}`);
    return [{ type: "juryDrawn", disputeId, round: 1, jurors }];
  }

  #resolve(disputeId: Hash): readonly ChainEventBody[] {
    const one = this.#caseOf(disputeId);
    one.resolved = true;
    const verdict = one.drawnAt === null ? zeroHash : this.verdictOf(one.taskSpec);
    const outcome = verdict === zeroHash ? "undecided" : verdict === one.contested ? "upheld" : "overturned";
    const wrong = one.accused.filter(({ resultHash }) => verdict !== zeroHash && resultHash !== verdict);
    const { escrowId } = one;
    const fines = wrong.flatMap(({ worker, attempt, fine: amount }): ChainEventBody[] => [
      { type: "slashed", escrowId, operator: this.operatorOf(worker), amount },
      { type: "workerFined", escrowId, worker, attempt, amount },
    ]);
    const back = outcome === "upheld" ? 0n : bond;
    this.credits.set(coordinator, (this.credits.get(coordinator) ?? 0n) + back);
    const credited: ChainEventBody[] = back === 0n ? [] : [{ type: "credited", account: coordinator, amount: back }];
    return [{ type: "disputeResolved", disputeId, outcome, verdict }, ...fines, ...credited];
  }

  #caseOf(disputeId: Hash): Case {
    const one = this.cases.get(disputeId);
    if (one === undefined) throw new Error(`no dispute ${disputeId}`);
    return one;
  }
}

function implicated(disputeId: Hash, { worker, attempt, resultHash, fine }: Statement): ChainEventBody {
  return { type: "workerImplicated", disputeId, worker, attempt, resultHash, fine };
}
