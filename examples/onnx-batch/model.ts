// Writes `digits.onnx`: the model that one task of digits-sweep trains, as ONNX has it. `node examples/onnx-batch/model.ts`.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createWasmExecutor, type Executor } from "@starling/worker-node/executors";
import { encodeModel, LAYERS, type Weights } from "./onnx.ts";

const SWEEP = join(import.meta.dirname, "../digits-sweep");

/** The model that is committed. */
export const MODEL_FILE = join(import.meta.dirname, "digits.onnx");

/** Trains with what the sweep found best. */
export async function trainWeights(executor: Executor): Promise<Weights> {
  const path = join(SWEEP, "digits.csv");
  const outcome = await executor.run(
    {
      leaseId: "model",
      payer: "local",
      program: readFileSync(join(SWEEP, "train.wasm")),
      programDigest: "train",
      args: ["--lr", "0.1", "--l2", "0.001", "--seed", "1"],
      env: {},
      inputs: [{ name: "digits", path, size: readFileSync(path).length }],
      outputs: [{ name: "model", path: "model.bin" }],
      limits: { timeoutMs: 60_000, memoryBytes: 1 << 24, outputBytes: 1 << 20, outputFiles: 4, logBytes: 1_000 },
    },
    { signal: AbortSignal.timeout(60_000) },
  );
  if (outcome.kind !== "completed") throw new Error(`training ${outcome.kind}: ${outcome.message}`);
  return weightsOf(outcome.outputs[0]?.bytes ?? new Uint8Array());
}

// Sixteen bytes of header, then little-endian numbers.
function weightsOf(bytes: Uint8Array): Weights {
  const [inputs, hidden, outputs] = LAYERS;
  const numbers = new Float32Array(bytes.slice(16).buffer);
  const lengths = [inputs * hidden, hidden, hidden * outputs, outputs];
  if (numbers.length !== lengths.reduce((sum, length) => sum + length, 0))
    throw new Error("it is no model of this shape");
  const part = (index: number): Float32Array => {
    const start = lengths.slice(0, index).reduce((sum, length) => sum + length, 0);
    return numbers.slice(start, start + (lengths[index] ?? 0));
  };
  return { first: part(0), firstBias: part(1), second: part(2), secondBias: part(3) };
}

async function main(): Promise<void> {
  const executor = createWasmExecutor({ slots: 1 });
  try {
    writeFileSync(MODEL_FILE, encodeModel(await trainWeights(executor)));
  } finally {
    await executor.close();
  }
}

if (import.meta.main) await main();
