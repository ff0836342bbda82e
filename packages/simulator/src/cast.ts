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
import { operatorAt, payerAddress, strangerAddress } from "./world/records.ts";

/** One worker. */
export interface Role {
  readonly operator: Address;
  readonly behaviour: Behaviour;
  /** Base units. */
  readonly pricePerTask: bigint;
  /** What its operator has staked, base units; drawn from the seed where it is left out. */
  readonly stake?: bigint;
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
/** Those who attack verification itself; a part of the runs is full of them. */
const ATTACKERS: readonly (() => Behaviour)[] = [
  () => equivocator,
  () => framingAuditor,
  () => framingAuditor,
  () => lastRevealer,
  () => lazyCopier,
  () => opportunist,
  () => opportunist,
  () => partialFaker,
  () => profitSeeker,
  () => replayer,
  () => selfishAccepter,
  () => sleeperAfter(SLEEPER_LEASES),
  () => staller,
];
/** Runs are short: a sleeper of fifty or two hundred leases would not wake. */
const SLEEPER_LEASES = 10;

const PRICE_MIN = 10_000;
/** In some runs everybody asks the same, so that budgets have no slack. */
const PRICE_SPANS = [1, 10_000, 10_000];

/** Draws the workers of a run. In two of three runs the first is a referee. */
export function drawCast(count: number, random: RandomStream): Role[] {
  const span = PRICE_SPANS[random.below(PRICE_SPANS.length)] ?? 1;
  const price = (): bigint => BigInt(PRICE_MIN + random.below(span));
  const referee: Role = { operator: payerAddress, behaviour: honest, pricePerTask: price() };
  const cast: Role[] = random.chance(2, 3) ? [referee] : [];
  const farms = random.chance(1, 3);
  const attacksPerTen = random.chance(1, 2) ? random.below(8) : 0;
  for (let i = cast.length; i < count; i += 1) {
    const kinds = i <= STEADY_OPERATORS ? STAYING : OTHERS;
    const attacker = random.chance(attacksPerTen, 10) ? ATTACKERS[random.below(ATTACKERS.length)] : undefined;
    const behaviour = attacker?.() ?? kinds[random.below(kinds.length)] ?? honest;
    // Addresses are free: some operators run several workers, and those that conspire always do.
    const isSecond = i > STEADY_OPERATORS + 1 && (behaviour === accomplice || random.chance(1, 6));
    const last = cast[i - 1];
    if (isSecond && last !== undefined && last.operator !== payerAddress) {
      if (behaviour === accomplice) cast[i - 1] = { ...last, behaviour };
      cast.push({ operator: last.operator, behaviour, pricePerTask: price() });
    } else cast.push({ operator: operatorAt(i), behaviour, pricePerTask: price() });
  }
  // Another payer's machine, which works for its own owner too.
  if (farms) cast.push({ operator: strangerAddress, behaviour: reputationFarmer, pricePerTask: price() });
  return cast;
}
