// Every log of the court that somebody follows becomes an event with the court's own words.
import { isCourtEvent, keccakText, zeroHash } from "@starling/protocol";
import { Interface, type InterfaceAbi } from "ethers";
import { describe, expect, it } from "vitest";
import type { RawLog } from "../../src/chain/answers.ts";
import { contractsAt } from "../../src/chain/contracts.ts";
import { plannedAddresses } from "../../src/chain/deploy.ts";
import { chainEvent } from "../../src/chain/events.ts";
import { disputeCourtAbi, stakeRegistryAbi } from "../../src/chain/generated/abi.ts";

const addresses = plannedAddresses(`0x${"11".repeat(20)}`, 0);
const contracts = contractsAt(addresses);
const worker = `0x${"22".repeat(20)}` as const;
const other = `0x${"33".repeat(20)}` as const;
const disputeId = keccakText("dispute");
const escrowId = keccakText("escrow");
const taskSpec = keccakText("task");
const hash = keccakText("hash");
const place = { blockNumber: 5, blockHash: keccakText("block"), txHash: keccakText("tx"), logIndex: 1 };

const cases: [string, unknown[], Record<string, unknown>][] = [
  [
    "DisputeOpened",
    [disputeId, escrowId, taskSpec, worker, hash],
    { type: "disputeOpened", disputeId, escrowId, taskSpec, challenger: worker, contested: hash },
  ],
  [
    "WorkerImplicated",
    [disputeId, worker, 3, hash, 9n],
    { type: "workerImplicated", disputeId, worker, attempt: 3, resultHash: hash, fine: 9n },
  ],
  ["WorkerReleased", [disputeId, other], { type: "workerReleased", disputeId, operator: other }],
  ["JuryArmed", [disputeId, 1, 77], { type: "juryArmed", disputeId, round: 1, seedBlock: 77 }],
  ["JuryDrawn", [disputeId, 2, [worker, other]], { type: "juryDrawn", disputeId, round: 2, jurors: [worker, other] }],
  ["VoteCommitted", [disputeId, worker, hash], { type: "voteCommitted", disputeId, juror: worker, commitment: hash }],
  ["VoteRevealed", [disputeId, worker, hash], { type: "voteRevealed", disputeId, juror: worker, answer: hash }],
  ["Appealed", [disputeId, worker], { type: "appealed", disputeId, appellant: worker }],
  [
    "DisputeResolved",
    [disputeId, 1, zeroHash],
    { type: "disputeResolved", disputeId, outcome: "undecided", verdict: zeroHash },
  ],
  ["DisputeResolved", [disputeId, 2, hash], { type: "disputeResolved", disputeId, outcome: "upheld", verdict: hash }],
  [
    "DisputeResolved",
    [disputeId, 3, hash],
    { type: "disputeResolved", disputeId, outcome: "overturned", verdict: hash },
  ],
  ["WorkerFined", [escrowId, worker, 3, 8n], { type: "workerFined", escrowId, worker, attempt: 3, amount: 8n }],
  ["JurorFined", [disputeId, worker, 8n], { type: "jurorFined", disputeId, juror: worker, amount: 8n }],
  [
    "Equivocation",
    [escrowId, taskSpec, worker, other],
    { type: "equivocated", escrowId, taskSpec, worker, finder: other },
  ],
  ["Credited", [worker, 8n], { type: "credited", account: worker, amount: 8n }],
  ["CreditWithdrawn", [worker, 8n], { type: "creditWithdrawn", account: worker, amount: 8n }],
];

function log(abi: readonly unknown[], name: string, values: unknown[]): Pick<RawLog, "topics" | "data"> {
  const { topics, data } = new Interface(abi as InterfaceAbi).encodeEventLog(name, values);
  return { topics, data } as Pick<RawLog, "topics" | "data">;
}

describe("logs of the court", () => {
  it.each(cases)("%s", (name, values, body) => {
    const event = chainEvent(contracts, { address: addresses.court, ...log(disputeCourtAbi, name, values), ...place });
    expect(event).toEqual({ ...body, ...place });
    expect(event !== null && isCourtEvent(event)).toBe(true);
  });

  it("and of the jury pool", () => {
    const joined = log(stakeRegistryAbi, "JuryJoined", [other, worker, 5n, 1n]);
    expect(chainEvent(contracts, { address: addresses.stakeRegistry, ...joined, ...place })).toEqual({
      type: "juryJoined",
      operator: other,
      worker,
      stake: 5n,
      ...place,
    });
    const left = log(stakeRegistryAbi, "JuryLeft", [other, worker, 99, 0n]);
    expect(chainEvent(contracts, { address: addresses.stakeRegistry, ...left, ...place })).toEqual({
      type: "juryLeft",
      operator: other,
      worker,
      releaseAtSeconds: 99,
      ...place,
    });
  });
});
