#!/usr/bin/env node
// Classifies one batch of images with ONNX Runtime: --batch N --rows M in, /out/probabilities.f32 out (rows of ten numbers).
// The engine is an input like the model is, so that its exact bytes are part of what the task is.
"use strict";
const { readdirSync, readFileSync, writeFileSync } = require("node:fs");

// The engine's own package gives it a class like this one; the native half makes and reads such objects.
class Tensor {
  constructor(type, data, dims) {
    Object.assign(this, { type, data, dims, location: "cpu" });
  }
}

function option(name) {
  const value = Number(process.argv[process.argv.indexOf(name) + 1]);
  if (!process.argv.includes(name) || !Number.isInteger(value) || value < 0)
    throw new Error(`${name} must be a number`);
  return value;
}

function readPixels(first, count) {
  const lines = readFileSync("/in/digits", "utf8")
    .trim()
    .split("\n")
    .slice(first, first + count);
  return Float32Array.from(
    lines.flatMap((line) => line.split(",").slice(0, 64)),
    (pixel) => pixel / 16,
  );
}

function main() {
  // The engine looks for it when it is loaded, and would else write events below HOME and try to send them.
  if (process.env.ORT_DISABLE_TELEMETRY !== "1") throw new Error("ORT_DISABLE_TELEMETRY must be 1");
  const rows = option("--rows");
  const pixels = readPixels(option("--batch") * rows, rows);

  const engine = { exports: {} };
  process.dlopen(engine, "/in/onnxruntime_binding.node");
  engine.exports.initOrtOnce(2, Tensor, true);
  const session = new engine.exports.InferenceSession();
  const model = readFileSync("/in/model");
  // One thread and all optimisations: both are pinned, since either may change the last bits.
  session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  const input = new Tensor("float32", pixels, [pixels.length / 64, 64]);
  const { probabilities } = session.run({ pixels: input }, { probabilities: null }, {});

  writeFileSync(
    "/out/probabilities.f32",
    Buffer.from(probabilities.data.buffer, probabilities.data.byteOffset, probabilities.data.byteLength),
  );
  const left = readdirSync(process.env.HOME);
  if (left.length > 0) throw new Error(`the engine left ${left.join(", ")} in ${process.env.HOME}`);
}

main();
