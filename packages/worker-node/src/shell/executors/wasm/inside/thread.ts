// The sandbox's only working thread: reads a request, runs it, answers; blocking calls, since it has nothing else to do.
import { readSync, writeSync } from "node:fs";
import { checkPrefix, encodeFrame, type Frame, parseHeader } from "../frames.ts";
import type { RunRequest, SandboxMessage } from "../messages.ts";
import { RunFailure } from "./failure.ts";
import { Programs } from "./programs.ts";
import { type ProgramEnd, runProgram } from "./run-program.ts";

/** The daemon's end of this socket is the sandbox's only connection to the world. */
const CHANNEL = 3;

/** Instances of finished runs hold memory outside of the JavaScript heap; after this much, it is collected at once. */
const COLLECT_AFTER_BYTES = 64 * 1024 * 1024;

function readExactly(count: number): Uint8Array | undefined {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const got = readSync(CHANNEL, bytes, at, count - at, null);
    if (got === 0) return undefined;
    at += got;
  }
  return bytes;
}

function readFrame(): Frame | undefined {
  const prefix = readExactly(8);
  if (prefix === undefined) return undefined;
  const numbers = new DataView(prefix.buffer);
  const headerBytes = numbers.getUint32(0, true);
  const count = numbers.getUint32(4, true);
  checkPrefix(headerBytes, count);
  const table = readExactly(4 * count);
  const header = readExactly(headerBytes);
  if (table === undefined || header === undefined) return undefined;
  const sizes = new DataView(table.buffer);
  const parts: Uint8Array[] = [];
  for (let i = 0; i < count; i += 1) {
    const part = readExactly(sizes.getUint32(4 * i, true));
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return { header: parseHeader(header), parts };
}

function send(message: SandboxMessage, parts: readonly Uint8Array[] = []): void {
  for (const buffer of encodeFrame(message, parts)) {
    for (let at = 0; at < buffer.length; ) at += writeSync(CHANNEL, buffer, at, buffer.length - at);
  }
}

function serve(programs: Programs, request: RunRequest, parts: readonly Uint8Array[]): ProgramEnd {
  for (const key of request.forget) programs.forget(key);
  const bytes = request.carriesProgram ? parts[0] : undefined;
  const contents = request.carriesProgram ? parts.slice(1) : parts;
  const none = { cpuMs: 0, peakMemoryBytes: 0, bytesOut: 0, fuel: 0 };
  try {
    const module = programs.get(request.programKey, bytes, request);
    const inputs = request.inputs.map((name, i) => ({ name, bytes: contents[i] ?? new Uint8Array(0) }));
    return runProgram(module, {
      ...request,
      inputs,
      onProgress: (progress) => send({ type: "progress", ...progress }),
      onLog: (bytes) => send({ type: "log" }, [bytes]),
    });
  } catch (error) {
    if (error instanceof RunFailure) {
      return { type: "failed", reason: error.reason, message: error.message, measure: none };
    }
    return { type: "broken", message: String(error), measure: none };
  }
}

function answer(end: ProgramEnd): void {
  const { measure } = end;
  if (end.type === "completed") {
    send(
      { type: "completed", measure },
      end.outputs.map((output) => output.bytes),
    );
  } else if (end.type === "broken") {
    send({ type: "broken", message: end.message });
  } else {
    const { reason, message, exitCode } = end;
    send({ type: "failed", reason, message, ...(exitCode === undefined ? {} : { exitCode }), measure });
  }
}

function main(): void {
  // A refused host call is an exception; making its stack trace would cost more than the call.
  Error.stackTraceLimit = 0;
  const programs = new Programs();
  let uncollected = 0;
  send({ type: "ready" });
  for (;;) {
    const frame = readFrame();
    if (frame === undefined) return;
    const end = serve(programs, frame.header as RunRequest, frame.parts);
    answer(end);
    uncollected += end.measure.peakMemoryBytes + frame.parts.reduce((sum, part) => sum + part.length, 0);
    if (uncollected < COLLECT_AFTER_BYTES) continue;
    uncollected = 0;
    globalThis.gc?.();
  }
}

main();
