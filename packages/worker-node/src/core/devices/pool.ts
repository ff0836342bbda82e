// This machine's GPUs: each belongs to one attempt at a time, from its start until its sandbox is dead.
import { type Accelerator, type GpuNeeds, gpuFits, type LeaseId } from "@starling/protocol";
import { type DeviceHealth, type DeviceLook, type HealthLimits, healthAfter, wellDevice } from "./health.ts";

/** One GPU with who has it. */
export interface Device {
  readonly gpu: Accelerator;
  health: DeviceHealth;
  /** The attempt that it is handed to. */
  heldBy: LeaseId | null;
}

/** All GPUs by their driver's names. */
export type DevicePool = Map<string, Device>;

/** The GPUs as they were found at the start, all well and free. */
export function devicePool(gpus: readonly Accelerator[]): DevicePool {
  return new Map(gpus.map((gpu) => [gpu.uuid, { gpu, health: wellDevice, heldBy: null }]));
}

/** Whether enough GPUs of this machine would do, free or not. */
export function canEverFit(pool: DevicePool, needs: GpuNeeds | undefined): boolean {
  return needs === undefined || fitting(pool, needs).length >= needs.count;
}

/**
 * Hands GPUs to an attempt, or none at all: null when not enough are free. The smallest that do are taken, so that the large ones are left
 * for who needs them. An attempt that has GPUs already gets the same again.
 */
export function takeDevices(pool: DevicePool, leaseId: LeaseId, needs: GpuNeeds): readonly string[] | null {
  const held = devicesOf(pool, leaseId);
  if (held.length > 0) return held;
  const free = fitting(pool, needs).filter(({ heldBy }) => heldBy === null);
  if (free.length < needs.count) return null;
  for (const device of free.sort(bySize).slice(0, needs.count)) device.heldBy = leaseId;
  return devicesOf(pool, leaseId);
}

/** The attempt's sandbox is dead: its GPUs are free. Safe to call twice. */
export function releaseDevices(pool: DevicePool, leaseId: LeaseId): void {
  for (const device of pool.values()) if (device.heldBy === leaseId) device.heldBy = null;
}

/** Which GPUs an attempt has. */
export function devicesOf(pool: DevicePool, leaseId: LeaseId): readonly string[] {
  return [...pool.values()].filter(({ heldBy }) => heldBy === leaseId).map(({ gpu }) => gpu.uuid);
}

/** What a look at the machine found of its GPUs. */
export interface SeenDevices {
  readonly seen: readonly Accelerator[];
  /** Why those that were not seen were not, as far as that is known. */
  readonly reason: string;
}

/** Judges every GPU by a look; returns the attempts whose GPU was withdrawn just now. GPUs that were not there at the start are left out. */
export function lookAtDevices(pool: DevicePool, found: SeenDevices, limits: HealthLimits): readonly LeaseId[] {
  const seen = new Map(found.seen.map((gpu) => [gpu.uuid, gpu]));
  const lost = new Set<LeaseId>();
  for (const device of pool.values()) {
    const before = device.health.state;
    device.health = healthAfter(device.health, lookOf(device.gpu, seen.get(device.gpu.uuid), found.reason), limits);
    const isLost = before !== "withdrawn" && device.health.state === "withdrawn";
    if (isLost && device.heldBy !== null) lost.add(device.heldBy);
  }
  return [...lost];
}

// Another driver computes otherwise: what was calibrated is not this machine any more until it starts again.
function lookOf(known: Accelerator, now: Accelerator | undefined, reason: string): DeviceLook {
  if (now === undefined) return reason === "" ? "its tool does not list it" : reason;
  if (now.driver !== known.driver) return `its driver was ${known.driver} and is ${now.driver}: start the worker again`;
  return now.vramBytes === known.vramBytes ? null : "its memory has another size than at the start";
}

function fitting(pool: DevicePool, needs: GpuNeeds): Device[] {
  return [...pool.values()].filter(({ gpu, health }) => health.state === "well" && gpuFits(needs, gpu));
}

function bySize(a: Device, b: Device): number {
  return a.gpu.vramBytes - b.gpu.vramBytes || (a.gpu.uuid < b.gpu.uuid ? -1 : 1);
}
