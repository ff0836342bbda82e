// What a machine was measured to do, between its plain form and the wire.
import type * as wire from "../generated/starling/v1/work.ts";
import { isBucket, type Measure, type Measurements, measures } from "../measurements.ts";
import { WireError } from "./wire-error.ts";

/** More measures than any version has. */
const MEASURES_MAX = 64;

/** The wire form. */
export function measuredToWire(measured: Measurements): wire.Measured {
  return {
    items: measures.flatMap((name) => {
      const atLeast = measured[name];
      return atLeast === undefined ? [] : [{ name, atLeast }];
    }),
  };
}

/** The plain form; throws `WireError`. Measures that this version does not know are passed over. */
export function measuredFromWire({ items }: wire.Measured): Measurements {
  if (items.length > MEASURES_MAX) throw new WireError("items", `has more than ${MEASURES_MAX} entries`);
  const measured: Partial<Record<Measure, number>> = {};
  for (const { name, atLeast } of items) {
    const known = measures.find((one) => one === name);
    if (known === undefined) continue;
    if (!isBucket(atLeast)) throw new WireError(`items.${known}`, `is ${atLeast}, which begins no bucket`);
    measured[known] = atLeast;
  }
  return measured;
}
