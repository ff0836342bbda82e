// The rules of value records in the DHT: `/starling-worker/<peerId>` holds a worker's signed record.
import type { SelectFn, ValidateFn } from "@libp2p/kad-dht";
import type { NetworkCodec } from "../codec.ts";
import { NetworkError } from "../errors.ts";
import { recordBytesMax } from "../limits.ts";

/** The namespace of worker records: the first part of their keys. */
export const workerNamespace = "starling-worker";

const keyPattern = new RegExp(`^/${workerNamespace}/[A-Za-z0-9]{1,128}$`);

/** Checks a record's key, size and content, and returns its sequence. Throws RecordInvalid. */
export async function recordSequence(codec: NetworkCodec, key: string, value: Uint8Array): Promise<bigint> {
  if (!keyPattern.test(key)) throw new NetworkError("RecordInvalid", `${key} is no record key`);
  if (value.byteLength > recordBytesMax) {
    throw new NetworkError("RecordInvalid", `a record of ${value.byteLength} bytes, ${recordBytesMax} are allowed`);
  }
  try {
    return BigInt((await codec.validateRecord?.(key, value)) ?? 0);
  } catch (error) {
    throw new NetworkError("RecordInvalid", error instanceof Error ? error.message : String(error), error);
  }
}

/** The value with the highest sequence among the valid ones; undefined when none is valid. */
export async function bestRecord(
  codec: NetworkCodec,
  key: string,
  values: readonly Uint8Array[],
): Promise<number | undefined> {
  let best: { readonly index: number; readonly sequence: bigint } | undefined;
  for (const [index, value] of values.entries()) {
    const sequence = await recordSequence(codec, key, value).catch(() => undefined);
    if (sequence !== undefined && (best === undefined || sequence > best.sequence)) best = { index, sequence };
  }
  return best?.index;
}

/** The DHT's validator of worker records. */
export function recordValidator(codec: NetworkCodec): ValidateFn {
  return async (key, value) => {
    await recordSequence(codec, keyText(key), value);
  };
}

/** The DHT's choice among several values of one key. */
export function recordSelector(codec: NetworkCodec): SelectFn {
  return async (key, values) => (await bestRecord(codec, keyText(key), values)) ?? 0;
}

function keyText(key: Uint8Array): string {
  return Buffer.from(key).toString("utf8");
}
