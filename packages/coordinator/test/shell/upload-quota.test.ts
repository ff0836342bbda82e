// What a worker may push: the outputs of the answers that are awaited from it, once.
import type { LeaseId } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { UploadQuota } from "../../src/shell/upload-quota.ts";
import { hash } from "../core/world/fixtures.ts";

const file = (name: string, size: number) => ({ cid: `cid:${hash(name).slice(2)}`, size }) as const;

function quotaOver(awaited: Map<LeaseId, number>): UploadQuota {
  return new UploadQuota((peerId) => (peerId === "worker" ? new Map(awaited) : new Map()));
}

describe("a peer's quota", () => {
  test("is nothing as long as no answer is awaited from it", () => {
    const quota = quotaOver(new Map());
    expect([quota.allows("worker", 1), quota.allows("stranger", 1)]).toEqual([false, false]);
    quota.note("stranger", file("a", 1));
    expect(quota.allows("stranger", 1)).toBe(false);
  });

  test("is the sum of what the outputs of its awaited answers may have", () => {
    const quota = quotaOver(
      new Map([
        [hash("lease 1"), 60],
        [hash("lease 2"), 40],
      ]),
    );
    expect([quota.allows("worker", 100), quota.allows("worker", 101), quota.allows("stranger", 1)]).toEqual([
      true,
      false,
      false,
    ]);
    quota.note("worker", file("a", 70));
    quota.note("worker", file("a", 70));
    expect([quota.allows("worker", 30), quota.allows("worker", 31)]).toEqual([true, false]);
  });

  test("goes with the answer that was awaited, and comes back with the next", () => {
    const awaited = new Map([[hash("lease 1"), 60]]);
    const quota = quotaOver(awaited);
    quota.note("worker", file("a", 60));
    awaited.set(hash("lease 2"), 60);
    expect(quota.allows("worker", 61)).toBe(false);
    awaited.delete(hash("lease 1"));
    expect([quota.allows("worker", 60), quota.allows("worker", 61)]).toEqual([true, false]);
    awaited.clear();
    expect(quota.allows("worker", 0)).toBe(false);
  });
});
