// Who takes part in a run: operators with their workers and how each of them behaves.
import type { RandomStream } from "@starling/kernel";
import type { Address } from "@starling/protocol";
import { accomplice } from "./behaviours/accomplice.ts";
import type { Behaviour } from "./behaviours/behaviour.ts";
import { blabber } from "./behaviours/blabber.ts";
import { deserter } from "./behaviours/deserter.ts";
import { flapper } from "./behaviours/flapper.ts";
import { honest } from "./behaviours/honest.ts";
import { liar } from "./behaviours/liar.ts";
import { slow } from "./behaviours/slow.ts";
import { turncoat } from "./behaviours/turncoat.ts";
import { withholder } from "./behaviours/withholder.ts";
import { operatorAt, payerAddress } from "./world/records.ts";

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

const PRICE_MIN = 10_000;
/** In some runs everybody asks the same, so that budgets have no slack. */
const PRICE_SPANS = [1, 10_000, 10_000];

/** Draws the workers of a run. In two of three runs the first is a referee. */
export function drawCast(count: number, random: RandomStream): Role[] {
  const span = PRICE_SPANS[random.below(PRICE_SPANS.length)] ?? 1;
  const price = (): bigint => BigInt(PRICE_MIN + random.below(span));
  const referee: Role = { operator: payerAddress, behaviour: honest, pricePerTask: price() };
  const cast: Role[] = random.chance(2, 3) ? [referee] : [];
  for (let i = cast.length; i < count; i += 1) {
    const kinds = i <= STEADY_OPERATORS ? STAYING : OTHERS;
    const behaviour = kinds[random.below(kinds.length)] ?? honest;
    // Addresses are free: some operators run several workers, and those that conspire always do.
    const isSecond = i > STEADY_OPERATORS + 1 && (behaviour === accomplice || random.chance(1, 6));
    const last = cast[i - 1];
    if (isSecond && last !== undefined && last.operator !== payerAddress) {
      if (behaviour === accomplice) cast[i - 1] = { ...last, behaviour };
      cast.push({ operator: last.operator, behaviour, pricePerTask: price() });
    } else cast.push({ operator: operatorAt(i), behaviour, pricePerTask: price() });
  }
  return cast;
}
