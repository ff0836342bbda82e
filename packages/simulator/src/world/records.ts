// Workers of a simulated network: accounts, records and operators.
import type { Address, Hash, SignedWorkerRecord, WorkerRecord } from "@starling/protocol";
import { unsigned } from "./translate.ts";

/** An account made of a word and a number. */
export function account(kind: number, index: number): Address {
  return `0x${kind.toString(16).padStart(2, "0")}${index.toString(16).padStart(38, "0")}`;
}

/** A 32-byte id made of a word and a number. */
export function hash(kind: number, index: number): Hash {
  return `0x${kind.toString(16).padStart(2, "0")}${index.toString(16).padStart(62, "0")}`;
}

/** One worker of one operator. */
export function recordOf(
  index: number,
  worker: { readonly address: Address; readonly operator: Address; readonly pricePerTask: bigint },
): SignedWorkerRecord {
  const record: WorkerRecord = {
    version: 1,
    networkId: "simulated",
    peerId: `peer-${index}`,
    worker: worker.address,
    operator: worker.operator,
    seq: 1,
    expiresAt: Number.MAX_SAFE_INTEGER,
    resources: {
      arch: "x86_64",
      cpuModel: "virtual",
      cpuCores: 4,
      memoryBytes: 8 * 2 ** 30,
      diskBytes: 64 * 2 ** 30,
      accelerators: [],
    },
    classes: [{ name: "wasm", engine: "virtual", calibration: hash(9, 1) }],
    slots: 2,
    pricePerTask: worker.pricePerTask,
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
