// Who takes part in a run: operators with their workers and how each of them behaves.
import type { RandomStream } from "@starling/kernel";
import type { Address } from "@starling/protocol";
import { accomplice } from "./behaviours/accomplice.ts";
import type { Behaviour } from "./behaviours/behaviour.ts";
import { blabber } from "./behaviours/blabber.ts";
import { deserter } from "./behaviours/deserter.ts";
import { equivocator } from "./behaviours/equivocator.ts";
import { flapper } from "./behaviours/flapper.ts";
import { framingAuditor } from "./behaviours/framing-auditor.ts";
import { honest } from "./behaviours/honest.ts";
import { lastRevealer } from "./behaviours/last-revealer.ts";
import { lazyCopier } from "./behaviours/lazy-copier.ts";
import { liar } from "./behaviours/liar.ts";
import { opportunist } from "./behaviours/opportunist.ts";
import { partialFaker } from "./behaviours/partial-faker.ts";
import { profitSeeker } from "./behaviours/profit-seeker.ts";
import { replayer } from "./behaviours/replayer.ts";
import { reputationFarmer } from "./behaviours/reputation-farmer.ts";
import { selfishAccepter } from "./behaviours/selfish-accepter.ts";
import { sleeperAfter } from "./behaviours/sleeper.ts";
import { slow } from "./behaviours/slow.ts";
import { staller } from "./behaviours/staller.ts";
import { turncoat } from "./behaviours/turncoat.ts";
import { withholder } from "./behaviours/withholder.ts";
import type { AttackKind } from "./fault-plan.ts";
import type { Box } from "./world/boxes.ts";
import { operatorAt, payerAddress, strangerAddress } from "./world/records.ts";

/** One worker. */
export interface Role {
  readonly operator: Address;
  readonly behaviour: Behaviour;
  /** Base units. */
  readonly pricePerTask: bigint;
  /** What its operator has staked, base units; drawn from the seed where it is left out. */
  readonly stake?: bigint;
  /** The machine that it runs on, where challenges are to take time there. */
  readonly box?: Box;
  /** Its GPUs: how many, and what their results depend on. */
  readonly gpus?: { readonly count: number; readonly pin: number };
}

/** So many workers have operators of their own and stay, so that strong jobs can end once everybody behaves. */
const STEADY_OPERATORS = 4;

const STAYING: readonly Behaviour[] = [
  honest,
  honest,
  honest,
  honest,
  liar,
  liar,
  slow,
  flapper,
  turncoat,
  blabber,
  withholder,
];
const OTHERS: readonly Behaviour[] = [...STAYING, deserter, accomplice];
/** Those who attack, by what they do. In every second run one of them has its turn; a part of the runs is full of those who attack verification itself. */
const STARS = {
  equivocation: () => equivocator,
  framing: () => framingAuditor,
  revealWithheldBySet: () => lastRevealer,
  copyTried: () => lazyCopier,
  opportunism: () => opportunist,
  partialFake: () => partialFaker,
  profitWeighed: () => profitSeeker,
  frameReplayed: () => replayer,
  cherryPicked: () => selfishAccepter,
  sleeperLie: () => sleeperAfter(SLEEPER_LEASES),
  workStalled: () => staller,
  wrongAnswer: () => liar,
  collusion: () => accomplice,
  falseReveal: () => turncoat,
  earlyReveal: () => blabber,
  resultWithheld: () => withholder,
  farming: () => reputationFarmer,
} as const satisfies Partial<Record<AttackKind, () => Behaviour>>;
const ATTACKERS: readonly (() => Behaviour)[] = [
  STARS.equivocation,
  STARS.framing,
  STARS.framing,
  STARS.revealWithheldBySet,
  STARS.copyTried,
  STARS.opportunism,
  STARS.opportunism,
  STARS.partialFake,
  STARS.profitWeighed,
  STARS.frameReplayed,
  STARS.cherryPicked,
  STARS.sleeperLie,
  STARS.workStalled,
];
/** Runs are short: a sleeper of fifty or two hundred leases would not wake. */
const SLEEPER_LEASES = 10;

/** So many seeds in a row give every attacker a turn. */
export const seedsOfAllTurns = 2 * Object.keys(STARS).length;

/** The first seed from this one on in which the attacker has its turn; any will do for attacks without one. */
export function seedOfTurn(attack: AttackKind, from: number): number {
  const turn = Object.keys(STARS).indexOf(attack);
  const ahead = turn < 0 ? 0 : (2 * turn - (from % seedsOfAllTurns) + seedsOfAllTurns) % seedsOfAllTurns;
  return from + ahead;
}

function starOf(seed: number): Behaviour | null {
  const turn = seed % seedsOfAllTurns;
  return turn % 2 === 0 ? (Object.values(STARS)[turn / 2]?.() ?? null) : null;
}

const PRICE_MIN = 10_000;
/** In some runs everybody asks the same, so that budgets have no slack. */
const PRICE_SPANS = [1, 10_000, 10_000];

/** Two of those who need not stay. */
const STAR_PLACES: readonly number[] = [STEADY_OPERATORS + 1, STEADY_OPERATORS + 2];

interface Run {
  readonly seed: number;
  readonly workers: number;
}

/** Draws the workers of a run. In two of three runs the first is a referee. */
export function drawCast({ seed, workers: count }: Run, random: RandomStream): Role[] {
  const star = starOf(seed);
  const span = PRICE_SPANS[random.below(PRICE_SPANS.length)] ?? 1;
  const price = (): bigint => BigInt(PRICE_MIN + random.below(span));
  const referee: Role = { operator: payerAddress, behaviour: honest, pricePerTask: price() };
  const cast: Role[] = random.chance(2, 3) ? [referee] : [];
  const farms = random.chance(1, 3);
  const attacksPerTen = random.chance(1, 2) ? random.below(8) : 0;
  for (let i = cast.length; i < count; i += 1) {
    const kinds = i <= STEADY_OPERATORS ? STAYING : OTHERS;
    const attacker = random.chance(attacksPerTen, 10) ? ATTACKERS[random.below(ATTACKERS.length)] : undefined;
    const isStars = star !== null && star !== reputationFarmer && STAR_PLACES.includes(i);
    const behaviour = isStars ? star : (attacker?.() ?? kinds[random.below(kinds.length)] ?? honest);
    // Addresses are free: some operators run several workers, and those that conspire always do.
    const isSecond = i > STEADY_OPERATORS + 1 && (behaviour === accomplice || random.chance(1, 6));
    const last = cast[i - 1];
    if (isSecond && last !== undefined && last.operator !== payerAddress) {
      if (behaviour === accomplice) cast[i - 1] = { ...last, behaviour };
      cast.push({ operator: last.operator, behaviour, pricePerTask: price() });
    } else cast.push({ operator: operatorAt(i), behaviour, pricePerTask: price() });
  }
  // Another payer's machine, which works for its own owner too.
  if (farms || star === reputationFarmer)
    cast.push({ operator: strangerAddress, behaviour: reputationFarmer, pricePerTask: price() });
  return cast;
}
