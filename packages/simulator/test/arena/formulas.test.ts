// What the arena measures lies where the formulas say, within three standard deviations.
import { spotAuditPpm } from "@starling/protocol";
import { describe, expect, test, vi } from "vitest";
import type { Attacker, Scheme } from "../../src/arena/arena.ts";
import { opportunists } from "../../src/arena/attackers/opportunists.ts";
import { profitSeeker } from "../../src/arena/attackers/profit-seeker.ts";
import { sleeper } from "../../src/arena/attackers/sleeper.ts";
import { match } from "../../src/arena/program.ts";
import { playRow, type Row } from "../../src/arena/row.ts";
import { boinc } from "../../src/arena/schemes/boinc.ts";
import { fixedThree } from "../../src/arena/schemes/fixed-three.ts";
import { quorum } from "../../src/arena/schemes/quorum.ts";
import { spot } from "../../src/arena/schemes/spot.ts";
import { starling } from "../../src/arena/schemes/starling.ts";
import { rulesOf } from "../../src/arena/schemes/starling-rules.ts";
import { strong } from "../../src/arena/schemes/strong.ts";

// Millions of hashes beside other tests.
vi.setConfig({ testTimeout: 240_000 });

const seed = 11;

function play(scheme: Scheme, attacker: Attacker, size: { tasks: number; percent: number }): Row {
  return playRow(match(scheme, attacker, { ...size, seed }));
}

/** Colluders who come back, so that their share stays what it is. */
const lasting: Attacker = { ...opportunists, reenters: true };

function sigmaOf(rate: number, trials: number): number {
  return Math.sqrt((rate * (1 - rate)) / trials);
}

describe("replicas with the lottery on top", () => {
  test.each([
    { scheme: quorum, replicas: 2, percent: 10 },
    { scheme: quorum, replicas: 2, percent: 20 },
    { scheme: strong, replicas: 3, percent: 10 },
    { scheme: strong, replicas: 3, percent: 20 },
  ])("$scheme.name lets at most p^R (1 - s (1 - p)) through at $percent %", ({ scheme, replicas, percent }) => {
    const { tally } = play(scheme, lasting, { tasks: 20_000, percent });
    const p = percent / 100;
    const formula = p ** replicas * (1 - 0.01 * (1 - p));
    expect(tally.wrongAccepted / tally.tasks).toBeLessThanOrEqual(formula + 3 * sigmaOf(formula, tally.tasks));
    expect(tally.lies).toBeGreaterThan(0);
  });

  test("without probation and retro-checks it is that formula, for operators drawn without putting back", () => {
    const bare = starling(rulesOf("bare", "quorum", { probationChecks: 0, retroChecks: false }));
    const { tally, operators } = play(bare, lasting, { tasks: 40_000, percent: 20 });
    const bad = operators / 5;
    const pair = (bad / operators) * ((bad - 1) / (operators - 1));
    const formula = pair * (1 - 0.01 * (1 - (bad - 2) / (operators - 2)));
    expect(Math.abs(tally.wrongAccepted / tally.tasks - formula)).toBeLessThan(3 * sigmaOf(formula, tally.tasks));
  });
});

describe("spot", () => {
  test("a profit-seeker never lies, and checking costs at most 1.07x", () => {
    const { tally, compute } = play(spot, profitSeeker, { tasks: 60_000, percent: 10 });
    expect(tally.attackerLeases).toBeGreaterThan(5_000);
    expect(tally.lies).toBe(0);
    expect(tally.wrongAccepted).toBe(0);
    expect(compute).toBeLessThanOrEqual(1.07);
    expect(compute).toBeGreaterThan(1 + spotAuditPpm / 1_000_000);
  });

  test("it is the fine that keeps it honest: with a third of it the same attacker lies", () => {
    const cheap = starling(rulesOf("cheap", "spot", { fineDividedBy: 3 }));
    const { tally } = play(cheap, profitSeeker, { tasks: 20_000, percent: 10 });
    expect(tally.lies).toBeGreaterThan(0);
  });

  test("whoever always lies is caught by the lottery, and as often again when it audits without knowing it", () => {
    const rules = rulesOf("bare", "spot", { probationChecks: 0, retroChecks: false, windowResults: 1 });
    const liar: Attacker = { ...sleeper(0), reenters: true };
    const { tally, operators } = play(starling(rules), liar, { tasks: 60_000, percent: 5 });
    const bad = operators / 20;
    const s = (spotAuditPpm / 1_000_000) * (1 - (bad - 1) / (operators - 1));
    // Of each lease (1 - s) of a lie gets through; s is caught as an audited answer, and audits are s of all leases.
    const expected = (1 - s) / (2 * s);
    const measured = tally.wrongAccepted / tally.caught;
    expect(Math.abs(measured - expected) / expected).toBeLessThan(3 / Math.sqrt(tally.caught) + 0.05);
  });

  test("a sleeper pays dearly for each wrong result", () => {
    const { tally, profit } = play(spot, sleeper(50), { tasks: 20_000, percent: 10 });
    expect(tally.lies).toBeGreaterThan(0);
    expect(profit).toBeLessThan(0);
  });
});

describe("what others do", () => {
  test("a sleeper gets percents through BOINC's adaptive replication, and gains by it", () => {
    const { tally, profit } = play(boinc, sleeper(10), { tasks: 50_000, percent: 10 });
    expect(tally.wrongAccepted / tally.tasks).toBeGreaterThan(0.025);
    expect(tally.wrongAccepted / tally.tasks).toBeLessThan(0.05);
    expect(profit).toBeGreaterThan(0.2);
  });

  test("colluders get 3 p^2 - 2 p^3 through a majority of three, and honest answers are ruled wrong", () => {
    const { tally } = play(fixedThree, opportunists, { tasks: 50_000, percent: 10 });
    expect(tally.wrongAccepted / tally.tasks).toBeGreaterThan(0.02);
    expect(tally.wrongAccepted / tally.tasks).toBeLessThan(0.028 + 3 * sigmaOf(0.028, tally.tasks));
    expect(tally.honestInvalidated).toBeGreaterThan(0);
  });
});
