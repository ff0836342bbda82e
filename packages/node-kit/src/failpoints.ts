// Named places where a test may kill the process, chosen through the environment. They cost one comparison where nothing is armed.

/** Where the process may be killed. The `*` stands for an effect's type. */
export const failpointNames: readonly string[] = [
  "engine.beforeDecide",
  "engine.beforeAppend",
  "engine.afterAppend",
  "engine.afterAnswer",
  "engine.beforeSnapshot",
  "engine.afterSnapshot",
  "engine.afterRecovery",
  "effect.*.before",
  "effect.*.after",
];

/** A set of failpoints, most often an empty one. */
export interface Failpoints {
  /** False lets a caller skip even the making of a name. */
  readonly armed: boolean;
  /** Counts one hit, and ends the process when it is the one. */
  hit(name: string): void;
}

/** Nothing is armed. */
export const noFailpoints: Failpoints = { armed: false, hit: () => undefined };

/** Kills this process as a power cut would: nothing is flushed, nobody is told. */
function killSelf(): void {
  process.kill(process.pid, "SIGKILL");
}

/**
 * Reads `STARLING_FAILPOINTS`, for example `engine.beforeAppend=kill@3,effect.sendFrames.after=kill`: the process is killed at the
 * third and at the first hit. Only honoured with `STARLING_TEST_MODE=1`. Throws for text or names that mean nothing.
 */
export function failpointsFromEnvironment(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  act: (name: string) => void = killSelf,
): Failpoints {
  const text = environment.STARLING_FAILPOINTS ?? "";
  if (text === "" || environment.STARLING_TEST_MODE !== "1") return noFailpoints;
  const hitsLeft = new Map<string, number>();
  for (const item of text.split(",")) {
    const match = /^([\w.*-]+)=kill(?:@([1-9]\d*))?$/.exec(item.trim());
    const name = match?.[1] ?? "";
    if (match === null || !isKnown(name)) {
      throw new Error(
        `STARLING_FAILPOINTS: "${item}" is no failpoint; write NAME=kill or NAME=kill@HIT with a name of ${failpointNames.join(", ")}`,
      );
    }
    hitsLeft.set(name, Number(match[2] ?? "1"));
  }
  return {
    armed: true,
    hit: (name) => {
      const left = hitsLeft.get(name);
      if (left === undefined) return;
      hitsLeft.set(name, left - 1);
      if (left === 1) act(name);
    },
  };
}

function isKnown(name: string): boolean {
  return failpointNames.some(
    (known) => known === name || (known.includes("*") && /^effect\.[\w-]+\.(before|after)$/.test(name)),
  );
}
