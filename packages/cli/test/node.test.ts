// What `node describe` says of a machine: what it claims, what it measured, and what its work showed.
import { Node } from "@starling/protocol/rpc";
import { expect, test } from "vitest";
import { nodeLines } from "../src/output/task.ts";

const empty = new Uint8Array(0);

const linesOf = (node: Partial<Node>): Record<string, string> =>
  Object.fromEntries(nodeLines({ ...Node.decode(empty), ...node }));

const none = { paceSixteenths: 0, cpuSixteenths: 0, kills: 0, memoryBelow: 0n, fetchKib: 0 };

const observed = (shown: Partial<typeof none>): string =>
  linesOf({ observed: { ...none, answers: 9, operators: 4, ...shown } }).observed ?? "";

test("what work showed is told with what it stands on", () => {
  expect(linesOf({}).observed).toBe("too little yet: 0 answers that 0 operators confirmed");
  expect(observed({})).toBe("too little yet: 9 answers that 4 operators confirmed");
  expect(observed({ paceSixteenths: 16 })).toBe("as fast as others (by 9 answers that 4 operators confirmed)");
  expect(observed({ paceSixteenths: 64, cpuSixteenths: 24 })).toMatch(
    /^takes 4 times to 8 times as long as others; processor time 1\.50 times of theirs \(/,
  );
  expect(observed({ kills: 2, memoryBelow: 8n * 2n ** 30n, fetchKib: 512 })).toMatch(
    /^2 tasks killed for memory that others finished; gets none that needs 8Gi or more; inputs at 512-1024 KiB\/s \(/,
  );
});

test("a challenge is told beside those that were asked with it, and the best of its rounds", () => {
  const alone = { tookMs: 700, together: 1, inTime: 1, declined: 0, rounds: 0, prompt: 0, promptOf: 0 };
  const challenge = (told: Partial<typeof alone>): string =>
    linesOf({ challenge: { outcome: "right", askedAtMs: 0n, ...alone, ...told } }).challenge ?? "";
  expect(challenge({})).toBe("right after 700 ms");
  expect(challenge({ together: 10, inTime: 4, declined: 1, rounds: 3, prompt: 2, promptOf: 10 })).toBe(
    "right after 700 ms; of 10 workers of its operator, asked at once, 4 were right in time and 1 declined, since their machines were needed; in the best of 3 such rounds 2 of 10 were as quick as single machines",
  );
});
