// What a coordinator knows of a worker's operator, class by class: its checks, its record, and what they change.
import type { NodeStanding } from "@starling/protocol/rpc";
import { percent } from "@starling/sdk";

/** Label and text of the standing in one class. */
export function standingLines(standing: NodeStanding): readonly (readonly [string, string])[] {
  const { runtimeClass, outcomes, newcomerPpm } = standing;
  const record = outcomes.map(
    ({ name, good, bad, chancePpm }) =>
      `${words[name] ?? name} ${count(good)} of ${count(good + bad)} (${percent(chancePpm / 1e6)})`,
  );
  return [
    [`in ${runtimeClass}`, checksText(standing)],
    ["record", `${record.join(", ")}; in brackets pessimistic chances, ${percent(newcomerPpm / 1e6)} for a newcomer`],
    ["placement", changeText(standing)],
  ];
}

function checksText({ checksPassed, checksWanted }: NodeStanding): string {
  return checksPassed >= checksWanted
    ? `${checksPassed} checks passed: audited by lottery like everybody`
    : `${checksPassed} of ${checksWanted} checks passed: until then what it answers alone is audited`;
}

function changeText({ surchargePpm }: NodeStanding): string {
  return surchargePpm === 0
    ? "a record no worse than a newcomer's: its work counts at its price"
    : `its record is worse than a newcomer's: its work counts ${percent(surchargePpm / 1e6)} dearer than its price`;
}

const words: Readonly<Record<string, string>> = { correct: "confirmed", onTime: "in time", available: "not lost" };

// Outcomes are told in thousandths, since they fade.
function count(thousandths: number): string {
  return String(Math.round(thousandths / 100) / 10);
}
