// Every chain call becomes the function and the arguments that the contract declares.
import { type ChainCall, keccakText } from "@starling/protocol";
import { Interface, type InterfaceAbi } from "ethers";
import { describe, expect, it } from "vitest";
import { callData } from "../../src/chain/calls.ts";
import { contractsAt, revertReason } from "../../src/chain/contracts.ts";
import { plannedAddresses } from "../../src/chain/deploy.ts";
import { disputeCourtAbi, jobEscrowAbi, mockUsdAbi, stakeRegistryAbi } from "../../src/chain/generated/abi.ts";
import { RpcError } from "../../src/chain/rpc-error.ts";

const addresses = plannedAddresses(`0x${"11".repeat(20)}`, 0);
const contracts = contractsAt(addresses);
const worker = `0x${"22".repeat(20)}` as const;
const operator = `0x${"33".repeat(20)}` as const;
const escrowId = keccakText("escrow");
const signature = `0x${"44".repeat(32)}${"55".repeat(32)}1b` as const;
const order = {
  requester: worker,
  coordinator: operator,
  budget: 5n,
  specHash: keccakText("spec"),
  lotteryRoot: keccakText("lottery"),
  deadline: 1_900_000_000,
  salt: keccakText("salt"),
};
const orderValues = [worker, operator, 5n, order.specHash, order.lotteryRoot, 1_900_000_000n, order.salt];
const permit = { value: 6n, deadline: 1_800_000_000, signature };
const permitValues = [6n, 1_800_000_000n, 27n, `0x${"44".repeat(32)}`, `0x${"55".repeat(32)}`];

const escrowCases: [ChainCall, unknown[]][] = [
  [{ kind: "createEscrowFor", order, orderSignature: signature, permit }, [orderValues, signature, permitValues]],
  [
    { kind: "topUpFor", escrowId, order, orderSignature: signature, permit },
    [escrowId, orderValues, signature, permitValues],
  ],
  [
    { kind: "allot", escrowId, allotments: [{ worker, total: 7n, expiresAtSeconds: 8 }] },
    [escrowId, [[worker, 7n, 8n]]],
  ],
  [{ kind: "commit", escrowId, batch: 1, root: escrowId, count: 2, last: true }, [escrowId, 1n, escrowId, 2n, true]],
  [{ kind: "payBatch", escrowId, payments: [{ worker, cumulative: 9n }] }, [escrowId, [[worker, 9n]]]],
  [{ kind: "redeem", escrowId, worker, cumulative: 9n, signature }, [escrowId, worker, 9n, signature]],
  [{ kind: "release", escrowId }, [escrowId]],
  [{ kind: "reclaim", escrowId, workers: [worker] }, [escrowId, [worker]]],
  [{ kind: "refund", escrowId }, [escrowId]],
  [{ kind: "close", escrowId }, [escrowId]],
];
const registryCases: [ChainCall, unknown[]][] = [
  [
    { kind: "register", operator, worker, peerIdHash: escrowId, seq: 3, stake: 4n, operatorSignature: signature },
    [operator, worker, escrowId, 3n, 4n, signature],
  ],
  [{ kind: "setPledgeAllowance", worker, allowance: 4n }, [worker, 4n]],
  [
    { kind: "setPledgeAllowanceFor", worker, allowance: 4n, seq: 3, operatorSignature: signature },
    [[worker, 4n, 3n], signature],
  ],
  [
    {
      kind: "pledgeFor",
      order: { escrowId, operator, total: 4n, releaseBySeconds: 9, deadlineSeconds: 8 },
      signature,
    },
    [[escrowId, operator, 4n, 9n, 8n], signature],
  ],
  [{ kind: "pledge", escrowId, operator, amount: 4n }, [escrowId, operator, 4n]],
  [{ kind: "releasePledge", escrowId, operator }, [escrowId, operator]],
  [{ kind: "joinJury", worker }, [worker]],
  [{ kind: "leaveJury", worker }, [worker]],
];
const zero = `0x${"0".repeat(64)}`;
const disputeId = keccakText("dispute");
const taskSpec = keccakText("task");
const statement = {
  worker,
  attempt: 3,
  resultHash: keccakText("result"),
  resultsRoot: keccakText("root"),
  index: 2,
  fine: 9n,
  proof: [keccakText("one"), keccakText("two")],
  signature,
};
const statementValues = [
  worker,
  3n,
  statement.resultHash,
  statement.resultsRoot,
  2n,
  9n,
  [...statement.proof],
  signature,
];
const courtCases: [ChainCall, unknown[]][] = [
  [
    { kind: "openOnReceipt", escrowId, taskSpec, statement },
    [escrowId, taskSpec, statementValues, [0n, 0n, 0n, zero, zero]],
  ],
  [{ kind: "implicate", disputeId, statement }, [disputeId, statementValues]],
  [{ kind: "draw", disputeId }, [disputeId]],
  [{ kind: "commitVote", disputeId, commitment: taskSpec }, [disputeId, taskSpec]],
  [{ kind: "revealVote", disputeId, digest: taskSpec, salt: escrowId }, [disputeId, taskSpec, escrowId]],
  [{ kind: "resolve", disputeId }, [disputeId]],
  [{ kind: "withdrawCredit", account: worker }, [worker]],
  [
    { kind: "slashEquivocation", escrowId, taskSpec, one: statement, other: { ...statement, index: 1 } },
    [escrowId, taskSpec, statementValues, statementValues.with(4, 1n)],
  ],
];

function decoded(abi: readonly unknown[], data: string): { name: string | undefined; args: unknown } {
  const parsed = new Interface(abi as InterfaceAbi).parseTransaction({ data });
  return { name: parsed?.name, args: parsed === null ? null : plain(parsed.args.toArray(true)) };
}

// Addresses come in checksum case.
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === "string" ? value.toLowerCase() : value;
}

describe("chain calls", () => {
  it.each(escrowCases)("$kind goes to the escrow", (call, args) => {
    const { to, data } = callData(contracts, call);
    expect(to).toBe(addresses.jobEscrow);
    expect(decoded(jobEscrowAbi, data)).toEqual({ name: call.kind, args });
  });

  it("withdrawEscrowCredit goes to the escrow, whose function is named as the court's", () => {
    const { to, data } = callData(contracts, { kind: "withdrawEscrowCredit", account: worker });
    expect(to).toBe(addresses.jobEscrow);
    expect(decoded(jobEscrowAbi, data)).toEqual({ name: "withdrawCredit", args: [worker] });
  });

  it.each(registryCases)("$kind goes to the registry", (call, args) => {
    const { to, data } = callData(contracts, call);
    expect(to).toBe(addresses.stakeRegistry);
    expect(decoded(stakeRegistryAbi, data)).toEqual({ name: call.kind, args });
  });

  it.each(courtCases)("$kind goes to the court", (call, args) => {
    const { to, data } = callData(contracts, call);
    expect(to).toBe(addresses.court);
    expect(decoded(disputeCourtAbi, data)).toEqual({ name: call.kind, args });
  });

  it("carries the permit of a bond in an opening", () => {
    const { data } = callData(contracts, { kind: "openOnReceipt", escrowId, taskSpec, statement }, permit);
    expect((decoded(disputeCourtAbi, data).args as unknown[])[3]).toEqual(permitValues);
  });

  it("approves bonds at the token", () => {
    const { to, data } = callData(contracts, { kind: "approveBonds", amount: 3n });
    expect(to).toBe(addresses.token);
    expect(decoded(mockUsdAbi, data)).toEqual({ name: "approve", args: [addresses.jobEscrow, 3n] });
  });

  it("says that there is no permit by a deadline of zero", () => {
    const { data } = callData(contracts, { kind: "createEscrowFor", order, orderSignature: signature, permit: null });
    const { args } = decoded(jobEscrowAbi, data);
    expect((args as unknown[])[2]).toEqual([0n, 0n, 0n, zero, zero]);
  });
});

describe("revert data", () => {
  const reverted = (data: string): RpcError =>
    new RpcError("rejected", "execution reverted", { rpcCode: 3, data: data as `0x${string}` });
  const encode = (abi: readonly unknown[], name: string, args: unknown[]): string =>
    new Interface(abi as InterfaceAbi).encodeErrorResult(name, args);

  it("is named with its arguments, whichever contract it came from", () => {
    expect(revertReason(contracts, reverted(encode(jobEscrowAbi, "EscrowTooEarly", [12n])))).toBe("EscrowTooEarly(12)");
    expect(revertReason(contracts, reverted(encode(stakeRegistryAbi, "StakeNotWorker", [worker])))).toBe(
      `StakeNotWorker(${worker})`,
    );
    const broke = encode(mockUsdAbi, "ERC20InsufficientBalance", [worker, 1n, 2n]);
    expect(revertReason(contracts, reverted(broke))).toBe(`ERC20InsufficientBalance(${worker}, 1, 2)`);
  });

  it("is quoted by its selector when nobody knows it", () => {
    expect(revertReason(contracts, reverted("0xdeadbeef"))).toBe("unknown error 0xdeadbeef");
  });

  it("is not seen in errors that are no reverts", () => {
    expect(revertReason(contracts, new RpcError("unreachable", "down"))).toBeNull();
    expect(revertReason(contracts, new RpcError("rejected", "insufficient funds for gas"))).toBeNull();
    expect(revertReason(contracts, new Error("other"))).toBeNull();
  });
});
