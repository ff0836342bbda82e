// What a payer submits is taken only if its order binds him to the lottery that he hands over, at the rate of his spec.
import { canonicalJson, type Hash, lotteryRootFrom, lotteryTree, specHash, trustTerms } from "@starling/protocol";
import type { SubmitJobRequest } from "@starling/protocol/rpc";
import { describe, expect, test } from "vitest";
import { readSubmission, type SubmissionChecks } from "../../src/shell/api/submission.ts";
import { coordinator, hash, payer, submission } from "../core/world/fixtures.ts";

const TASKS = 5;
const needs = { cpuCores: 1, memoryBytes: 2 ** 27, diskBytes: 2 ** 20, gpu: null };
const made = submission({ tasks: TASKS, trust: "spot", step: { needs } });
const secret = hash("lottery-job-1");
const { auditPpm } = trustTerms("spot");

const checks: SubmissionChecks = {
  domain: { chainId: 1, jobEscrow: coordinator, stakeRegistry: coordinator, court: coordinator },
  coordinator,
  recover: () => payer,
  sealLottery: () => made.lottery,
};

function request(lotteryRoot: Hash): SubmitJobRequest {
  const { order, orderSignature, perTaskMax, deadlineAt, jobId, spec } = made;
  return {
    payer,
    idempotencyKey: made.idempotencyKey,
    name: made.name,
    labels: {},
    specJson: canonicalJson(spec),
    order: {
      ...order,
      specHash: specHash(spec),
      salt: jobId,
      lotteryRoot,
      budget: String(order.budget),
      deadlineSeconds: BigInt(order.deadline),
    },
    orderSignature,
    permit: undefined,
    perTaskMax: String(perTaskMax),
    deadlineAtMs: BigInt(deadlineAt),
    priority: "normal",
    retryMax: undefined,
    lotterySecret: secret,
  };
}

describe("a submission", () => {
  test("is taken with the root of its lottery at the rate of its spec", () => {
    const root = lotteryRootFrom(secret, { tasks: TASKS, auditPpm });
    expect(readSubmission(request(root), checks).order.lotteryRoot).toBe(root);
  });

  test("is taken with the root of the tickets alone, as payers of before made it", () => {
    expect(readSubmission(request(lotteryTree(secret, TASKS).root), checks).jobId).toBe(made.jobId);
  });

  const wrong: readonly [string, Hash][] = [
    ["a rate that is not the spec's", lotteryRootFrom(secret, { tasks: TASKS, auditPpm: auditPpm - 1 })],
    ["another number of tickets", lotteryRootFrom(secret, { tasks: TASKS + 1, auditPpm })],
    ["the tickets of another secret", lotteryRootFrom(hash("another"), { tasks: TASKS, auditPpm })],
  ];
  test.each(wrong)("is refused with %s: workers would take us for the liar", (_what, root) => {
    expect(() => readSubmission(request(root), checks)).toThrow("lottery root");
  });
});
