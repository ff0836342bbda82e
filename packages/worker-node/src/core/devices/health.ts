// Whether a GPU can be trusted with work: withdrawn after it was missed repeatedly, and back only after it was seen well repeatedly.

/** How a device has been found so far. */
export interface DeviceHealth {
  /** `withdrawn` gets no work; `suspect` gets none either, and loses what it has only if it is missed again. */
  readonly state: "well" | "suspect" | "withdrawn";
  /** Looks in a row that went the other way. */
  readonly streak: number;
  /** Why it is not well; empty when it is. */
  readonly reason: string;
}

/** What one look at it found: null is well, a sentence is what was wrong. */
export type DeviceLook = string | null;

/** How many looks in a row change the verdict. */
export interface HealthLimits {
  /** Bad ones until it is withdrawn. */
  readonly misses: number;
  /** Good ones until it is back. */
  readonly sightings: number;
}

export const wellDevice: DeviceHealth = { state: "well", streak: 0, reason: "" };

/** The health after one more look. */
export function healthAfter(before: DeviceHealth, look: DeviceLook, limits: HealthLimits): DeviceHealth {
  if (before.state === "withdrawn") {
    if (look !== null) return { state: "withdrawn", streak: 0, reason: look };
    const streak = before.streak + 1;
    return streak >= limits.sightings ? wellDevice : { ...before, streak };
  }
  if (look === null) return wellDevice;
  const streak = before.streak + 1;
  // From here on the streak counts good looks.
  if (streak >= limits.misses) return { state: "withdrawn", streak: 0, reason: look };
  return { state: "suspect", streak, reason: look };
}
