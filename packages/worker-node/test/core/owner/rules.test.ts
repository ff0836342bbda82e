// What an owner lets run on his machine: programs, payers, hours, memory.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { minutesOfWeek, type OwnerRules } from "../../../src/core/index.ts";
import { Driven, lease, only, START } from "../support.ts";

function lent(rules: OwnerRules): Driven {
  const driven = new Driven({ rules });
  driven.connect();
  driven.allot(10_000n);
  return driven;
}

const refusals = (driven: Driven, item: ReturnType<typeof lease>) =>
  only(driven.lease([item]), "sendDeclines").flatMap(({ leases }) => leases.map(({ reason }) => reason));
const sized = (name: string, memoryBytes: number) => {
  const item = lease(name);
  return { ...item, task: { ...item.task, limits: { ...item.task.limits, memoryBytes } } };
};
const theirs = lease("x").task.program.cid;
const another = `cid:${"1".repeat(64)}`;

describe("the owner's rules", () => {
  test.each<[string, OwnerRules, string[]]>([
    ["a program on the list", { programs: { allow: new Set([theirs]), deny: new Set() } }, []],
    ["a program that is not", { programs: { allow: new Set([another]), deny: new Set() } }, ["programRefused"]],
    [
      "a program on both lists",
      { programs: { allow: new Set([theirs]), deny: new Set([theirs]) } },
      ["programRefused"],
    ],
    ["a payer that is denied", { payers: { deny: new Set([lease("x").payer]) } }, ["payerRefused"]],
    ["a payer that is not", { payers: { deny: new Set() } }, []],
    ["a task that fits the memory", { memoryBytes: 1_000 }, []],
    ["a task that never will", { memoryBytes: 999 }, ["needsUnmet"]],
  ])("%s", (_name, rules, expected) => {
    expect(refusals(lent(rules), lease("a"))).toEqual(expected);
  });

  test("hosts are reached where the owner lists them all and nothing can be lost by what they say", () => {
    const [api, other] = ["api.example.org:443", "other.example.org:443"];
    const item = { ...lease("a"), hosts: [api], fine: 0n };
    const rules = { hosts: new Set([api]) };
    expect(refusals(lent(rules), item)).toEqual([]);
    expect(refusals(lent({}), item)).toEqual(["hostsRefused"]);
    expect(refusals(lent({ hosts: new Set() }), item)).toEqual(["hostsRefused"]);
    expect(refusals(lent(rules), { ...item, hosts: [api, other] })).toEqual(["hostsRefused"]);
    expect(refusals(lent(rules), { ...item, hosts: ["api.example.org:80"] })).toEqual(["hostsRefused"]);
    expect(refusals(lent(rules), { ...item, fine: 1n })).toEqual(["hostsRefused"]);
    expect(refusals(lent(rules), lease("b"))).toEqual([]);
    const unruled = new Driven({});
    unruled.connect();
    expect(refusals(unruled, item)).toEqual(["hostsRefused"]);
  });

  test("what runs at once has no more memory than is lent, in the order of acceptance", () => {
    const driven = lent({ memoryBytes: 1_500 });
    const [first, second, third] = [sized("a", 1_000), sized("b", 1_000), sized("c", 100)];
    const effects = driven.lease([first, second, third]);
    expect(only(effects, "runLease").map((one) => one.lease.leaseId)).toEqual([first.leaseId]);
    expect(only(driven.finish(first), "runLease").map((one) => one.lease.leaseId)).toEqual([
      second.leaseId,
      third.leaseId,
    ]);
  });

  test("outside the owner's hours nothing is taken, and what runs may finish", () => {
    const driven = lent({ hours: [{ from: 100, to: 200 }] });
    const at = (minute: number) => driven.effectsOf({ type: "localTimeSeen", minuteOfWeek: minute });
    // Before anybody knows what time it is there.
    expect(refusals(driven, lease("a"))).toEqual(["outOfHours"]);
    expect(only(at(100), "sendAsk")[0]?.freeSlots).toBeGreaterThan(0);
    const taken = lease("b");
    expect(refusals(driven, taken)).toEqual([]);
    // They begin again in a week less a hundred minutes.
    const until = START + (7 * 24 * 60 - 100) * 60_000;
    expect(only(at(200), "sendAsk")).toMatchObject([{ freeSlots: 0, hold: { reason: "closed", until } }]);
    expect(only(at(201), "sendAsk")).toEqual([]);
    expect(refusals(driven, lease("c"))).toEqual(["outOfHours"]);
    expect(only(driven.finish(taken), "sendCommits")).toHaveLength(1);
  });

  test("hours that go over the end of the week hold on both sides of it", () => {
    fc.assert(
      fc.property(
        fc.nat(minutesOfWeek - 1),
        fc.nat(minutesOfWeek - 1),
        fc.nat(minutesOfWeek - 1),
        (from, to, minute) => {
          fc.pre(from !== to);
          const driven = new Driven({ rules: { hours: [{ from, to }] } });
          driven.input({ type: "localTimeSeen", minuteOfWeek: minute });
          driven.connect();
          const isIn = (minute - from + minutesOfWeek) % minutesOfWeek < (to - from + minutesOfWeek) % minutesOfWeek;
          expect(only(driven.effects, "sendAsk").some(({ freeSlots }) => freeSlots > 0)).toBe(isIn);
        },
      ),
      { numRuns: 300 },
    );
  });
});
