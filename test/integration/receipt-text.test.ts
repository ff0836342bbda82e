// How a verified receipt reads: every question with its answer, and what one worker's part in it was.
import { answersOfWorker, type Receipt, verifyReceipt } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { answersText, verdictText } from "../../packages/cli/src/output/receipt.ts";
import { recover } from "../../packages/protocol/test/keys.ts";
import { eventful, network, receiptOf, resealed, workers } from "../../packages/protocol/test/receipt/forge.ts";

const receipt = receiptOf(eventful);
const textOf = (of: Receipt): string => verdictText(verifyReceipt(of, { network, recover }));

describe("a receipt for people", () => {
  test("says for each check what was asked and what was found, and what is not proven", () => {
    const text = textOf(receipt);
    expect(text).toMatch(/^ok +seal +Did its coordinator sign every byte of this receipt\?\n/);
    expect(text).toMatch(/ok +lottery .*\n.* made again at 100 % .*: 3 tasks drawn, 2 audits answered\n/);
    expect(text).toMatch(/It does not prove\n {2}- that a coordinator/);
    expect(text).toMatch(/\nthe receipt holds\n$/);
  });

  test("tells what is missing from what is wrong", () => {
    const missing = { ...eventful, auditMissed: { "reduce/0": "nobody was free" } };
    const warned = textOf(receiptOf(missing));
    expect(warned).toMatch(/WARNING +lottery .*\n.*reduce\/0 was to be audited and was not: nobody was free\n/);
    expect(warned).toMatch(/does NOT hold in full: what is missing stands at the warnings\n$/);
    const wrong = textOf(resealed(receipt, (r) => ({ ...r, networkId: "other" })));
    expect(wrong).toMatch(/FAILED +network/);
    expect(wrong).toMatch(/\nthe receipt does NOT hold\n$/);
    expect(wrong).not.toContain("It does not prove");
  });

  test("names the outputs and workers of a task on which nobody decided", () => {
    const [one, two] = workers;
    if (one === undefined || two === undefined) throw new Error("no workers");
    const scenes = { "map/0": [{ party: one }, { party: two, says: "other" }] };
    const text = textOf(receiptOf({ scenes, undecided: { "map/0": "nondeterministic" } }));
    expect(text).toContain("map/0 is nondeterministic: its answers differ in score\n");
    expect(text).toMatch(/answer 1 of 2 +0x[0-9a-f]{64} +by 0x[0-9a-f]{40} +of 0x[0-9a-f]{40}\n/);
    expect(text).toContain(`by ${two.worker.address}  of ${two.operator.address}\n`);
  });

  test("lists one worker's answers", () => {
    const [one, two, , four] = workers.map(({ worker }) => answersText(answersOfWorker(receipt, worker.address)));
    expect(one).toMatch(/^TASK +ATTEMPT +ROLE +OUTCOME +PAID +FINE +ASKED AS +LOT +AUDITED +TICKET\n/);
    expect(one).toMatch(/map\/1 +1 +replica +overruled +0\.01 USD +0\.005 USD +work +drawn +no +0x[0-9a-f]{64}\n/);
    expect(two).toMatch(/map\/0 +2 +replica +withheld +0\.00 USD +work +drawn +yes \(lottery\)/);
    expect(four).toMatch(/map\/0 +4 +replica +accepted +0\.01 USD +0\.005 USD +audit \(lottery\)/);
    expect(answersText([])).toBe("The receipt says nothing of this worker.\n");
  });
});
