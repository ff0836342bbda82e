// Who misbehaves in a devnet, and how: drawn at random, so that nobody knows it before evidence does.
import { randomInt } from "node:crypto";

/** So many workers of one behaviour, which is named as `--misbehave` takes it: `liar`, or `sleeper:50`. */
export interface Part {
  readonly behaviour: string;
  readonly count: number;
}

/** Behaviours by the names of workers; all others are honest. */
export type Cast = ReadonlyMap<string, string>;

/** What a cast is made of. */
export interface Casting {
  readonly workers: number;
  readonly parts: readonly Part[];
  /** Tests may say who is what, as in `worker-2=liar,worker-3=lazy`. */
  readonly named?: string | undefined;
}

/** Draws as many workers for each part as it wants. Throws when there are too few. */
export function castOf({ workers, parts, named }: Casting): Cast {
  if (named !== undefined) return new Map(named.split(",").map((pair) => pairOf(pair)));
  const names = Array.from({ length: workers }, (_, i) => `worker-${i + 1}`);
  const cast = new Map<string, string>();
  for (const { behaviour, count } of parts) {
    if (count > names.length) throw new RangeError(`more misbehave than the ${workers} workers that there are`);
    for (let i = 0; i < count; i += 1) cast.set(names.splice(randomInt(names.length), 1)[0] ?? "", behaviour);
  }
  return cast;
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  return [text.slice(0, at), text.slice(at + 1)];
}
