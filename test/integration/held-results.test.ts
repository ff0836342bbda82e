// Results in a folder against a receipt: their content, and the distances of answers that were compared as numbers.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Cid, compareBytes, contentIdOfBytes, type Receipt, verifyReceipt } from "@starling/protocol";
import { comparedPath, heldFiles, measureAgain } from "@starling/sdk";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { recover } from "../../packages/protocol/test/keys.ts";
import { eventful, network, receiptOf } from "../../packages/protocol/test/receipt/forge.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const reference = bytes('{"score": [1, 2.5, 1000]}');
const answer = bytes('{"score": [1, 2.5, 1000.01]}');
const bounds = { kind: "numeric", format: "json", abs: 0, rel: 1e-4, l2: 1e-4 } as const;

/** The receipt of a job whose first task has the outputs above; signatures no longer fit, which is not asked here. */
function withOutputs(distance = compareBytes(bounds, reference, answer).distances): Receipt {
  const receipt = receiptOf(eventful);
  const file = (of: Uint8Array) => [{ name: "score", cid: contentIdOfBytes(of), size: of.length }];
  const { l2, maxAbs, maxRel } = distance ?? { l2: 0, maxAbs: 0, maxRel: 0 };
  return {
    ...receipt,
    tasks: receipt.tasks.map((task, i) =>
      i > 0
        ? task
        : {
            ...task,
            outputs: file(reference),
            answers: task.answers.map((one) =>
              one.distances.length === 0
                ? { ...one, outputs: file(reference) }
                : { ...one, outputs: file(answer), distances: [{ output: "score", l2, maxAbs, maxRel, within: true }] },
            ),
          },
    ),
  };
}

describe("results in a folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "starling-held-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function write(path: string, content: Uint8Array): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  async function checks(receipt: Receipt): Promise<Readonly<Record<"files" | "comparison", string>>> {
    const [files, measured] = [await heldFiles(receipt, folder), await measureAgain(receipt, folder)];
    const verdict = verifyReceipt(receipt, { network, recover, files, measured });
    const detail = (name: string): string => verdict.checks.find((check) => check.name === name)?.detail ?? "";
    return { files: detail("files"), comparison: detail("comparison") };
  }

  test("are those of the receipt, or named when they are not", async () => {
    const receipt = withOutputs();
    write(join(folder, "map/0/score"), reference);
    write(join(folder, "map/1/score"), bytes("something else"));
    const held = await heldFiles(receipt, folder);
    expect(held.get("map/0/score")).toBe(contentIdOfBytes(reference));
    expect((await checks(receipt)).files).toBe(
      "map/1/score is not the output that was accepted; reduce/0/best is missing",
    );
  });

  test("are measured again to the last bit", async () => {
    write(join(folder, "map/0/score"), reference);
    write(comparedPath(folder, contentIdOfBytes(answer)), answer);
    expect((await checks(withOutputs())).comparison).toContain("1 output measured again");
    const lied = withOutputs({ l2: 1e-9, maxAbs: 1e-9, maxRel: 1e-9, at: null });
    expect((await checks(lied)).comparison).toContain("not as far from the standing one as it is said");
  });

  test("are not measured when a file is missing or is another one", async () => {
    write(join(folder, "map/0/score"), reference);
    expect(await measureAgain(withOutputs(), folder)).toEqual([]);
    const cid: Cid = contentIdOfBytes(answer);
    write(comparedPath(folder, cid), bytes("forged"));
    expect(await measureAgain(withOutputs(), folder)).toEqual([]);
  });
});
