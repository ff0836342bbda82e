// What a count of rare events says about their rate.

/** Two-sided 95 %. */
const Z = 1.959964;

/** Wilson's interval of a proportion. It takes trials for independent. */
export function wilson(events: number, trials: number): { readonly low: number; readonly high: number } {
  if (trials === 0) return { low: 0, high: 1 };
  const rate = events / trials;
  const scale = 1 + Z ** 2 / trials;
  const middle = (rate + Z ** 2 / (2 * trials)) / scale;
  const half = (Z / scale) * Math.sqrt((rate * (1 - rate)) / trials + Z ** 2 / (4 * trials ** 2));
  return {
    low: events === 0 ? 0 : Math.max(0, middle - half),
    high: events === trials ? 1 : Math.min(1, middle + half),
  };
}
