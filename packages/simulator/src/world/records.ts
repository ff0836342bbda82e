// Workers of a simulated network: accounts, records and operators.
import {
  type Accelerator,
  type Address,
  calibrationOf,
  type Hash,
  type SignedWorkerRecord,
  type SigningDomain,
  type WorkerRecord,
} from "@starling/protocol";
import type { Role } from "../cast.ts";
import { unsigned } from "./unsigned.ts";

/** An account made of a word and a number. */
function account(kind: number, index: number): Address {
  return `0x${kind.toString(16).padStart(2, "0")}${index.toString(16).padStart(38, "0")}`;
}

/** A 32-byte id made of a word and a number. */
export function hash(kind: number, index: number): Hash {
  return `0x${kind.toString(16).padStart(2, "0")}${index.toString(16).padStart(62, "0")}`;
}

export const coordinatorAddress: Address = account(1, 1);
/** The payer whose own machine may take part as a referee. */
export const payerAddress: Address = account(2, 1);
/** A payer who rarely has a machine of his own. */
export const strangerAddress: Address = account(2, 2);
/** Everybody who pays; one of them runs the coordinator himself. */
export const payers: readonly Address[] = [payerAddress, strangerAddress, coordinatorAddress];
export const domain: SigningDomain = {
  chainId: 31_337,
  jobEscrow: account(3, 1),
  stakeRegistry: account(3, 2),
  court: account(3, 3),
};

export function operatorAt(index: number): Address {
  return account(4, index);
}

export function workerAt(index: number): Address {
  return account(5, index);
}

/** Under which the coordinator seals lottery secrets. */
export const lotteryKey: Hash = hash(9, 1);

/** The network's name; everybody checks it. */
export const networkId = "simulated";

/** The GPUs of the worker with this number. */
export function gpusOf(index: number, { count, pin }: NonNullable<Role["gpus"]> = { count: 0, pin: 0 }): Accelerator[] {
  return Array.from({ length: count }, (_, i) => ({
    vendor: "nvidia",
    model: "virtual",
    vramBytes: 16 * 2 ** 30,
    arch: `sm_${70 + pin}`,
    driver: "1",
    uuid: `GPU-${index}-${i}`,
  }));
}

/** One worker of one operator. `seq` rises with each start. */
export function recordOf(
  index: number,
  worker: Pick<Role, "operator" | "pricePerTask" | "gpus"> & { readonly seq: number; readonly slots: number },
): SignedWorkerRecord {
  const { operator, seq, slots, pricePerTask, gpus } = worker;
  const record: WorkerRecord = {
    version: 1,
    networkId,
    peerId: `peer-${index}`,
    worker: workerAt(index),
    operator,
    seq,
    expiresAt: Number.MAX_SAFE_INTEGER,
    resources: {
      arch: "x86_64",
      cpuModel: "virtual",
      cpuCores: 4,
      memoryBytes: 8 * 2 ** 30,
      diskBytes: 64 * 2 ** 30,
      accelerators: gpusOf(index, gpus),
    },
    classes: [
      { name: "wasm", engine: "virtual", calibration: calibrationOf("wasm") },
      ...(gpus === undefined ? [] : [{ name: "gpu", engine: "virtual", calibration: hash(9, gpus.pin) } as const]),
    ],
    slots,
    pricePerTask,
    addresses: [`/ip4/127.0.${index % 250}.1/tcp/4001`],
    region: "",
  };
  return {
    record,
    peerBindingSignature: unsigned.signature,
    registration: { seq: 1, operatorSignature: unsigned.signature },
    envelope: "0x",
  };
}
