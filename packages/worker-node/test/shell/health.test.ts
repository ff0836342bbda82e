// A running worker that looks after itself: what fails its probe is withdrawn, and comes back when it works again.
import { createLogger, type Logger } from "@starling/node-kit";
import { type ClassOffer, zeroHash } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import type { WorkerInput, WorkerState } from "../../src/core/index.ts";
import { type Finding, ok, warning } from "../../src/shell/doctor/finding.ts";
import type { ProbeResult } from "../../src/shell/executors/executor.ts";
import { HealthWatch } from "../../src/shell/health.ts";
import { Driven } from "../core/support.ts";

const working: ProbeResult = { works: true, calibration: zeroHash, engine: "V8", isolation: "", wallMs: 1 };
const broken: ProbeResult = { works: false, reason: "it fell off" };
const offers: readonly ClassOffer[] = [
  { name: "wasm", engine: "V8", calibration: zeroHash },
  { name: "gpu", engine: "CUDA", calibration: zeroHash },
];

class Patient {
  readonly inputs: WorkerInput[] = [];
  readonly offered: (readonly ClassOffer[])[] = [];
  readonly lines: string[] = [];
  /** What the GPU's next probes say. */
  gpu: ProbeResult[] = [];
  findings: readonly Finding[] = [];
  readonly driven = new Driven();
  readonly watch: HealthWatch;

  constructor() {
    const logger: Logger = createLogger({ level: "warn", format: "json", write: (line) => this.lines.push(line) });
    this.watch = new HealthWatch({
      engine: {
        post: (input: WorkerInput) => this.inputs.push(input) > 0,
        read: <T>(select: (state: WorkerState) => T): T => select(this.driven.state),
      },
      executors: new Map([
        ["wasm", { probe: async () => working }],
        ["gpu", { probe: async () => this.gpu.shift() ?? { ...working, engine: "CUDA" } }],
      ]),
      offers,
      offer: (now) => this.offered.push(now),
      examine: async () => this.findings,
      logger,
    });
  }
}

describe("a look at what is offered", () => {
  test("withdraws a class that fails twice, and offers it again when it works", async () => {
    const patient = new Patient();
    patient.gpu = [broken, broken];
    await patient.watch.look();
    expect(patient.inputs).toEqual([{ type: "classesSeen", classes: ["wasm"] }]);
    expect(patient.offered).toEqual([offers.slice(0, 1)]);
    await patient.watch.look();
    expect(patient.inputs.at(-1)).toEqual({ type: "classesSeen", classes: ["wasm", "gpu"] });
    expect(patient.offered.at(-1)).toEqual(offers);
  });

  test("changes nothing for one failed probe, for none, or on a machine that is at work", async () => {
    const patient = new Patient();
    patient.gpu = [broken];
    await patient.watch.look();
    await patient.watch.look();
    patient.driven.state.presence.running.add(zeroHash);
    patient.gpu = [broken, broken];
    await patient.watch.look();
    expect(patient.gpu).toHaveLength(2);
    expect(patient.inputs).toEqual([]);
  });

  test("says in the log what the doctor finds, once", async () => {
    const patient = new Patient();
    patient.findings = [ok("runtime", "fine"), warning("disk", "nearly full", "free some space")];
    await patient.watch.look();
    await patient.watch.look();
    expect(patient.lines).toHaveLength(1);
    expect(patient.lines[0]).toContain("nearly full");
    patient.findings = [];
    await patient.watch.look();
    patient.findings = [warning("disk", "nearly full", "free some space")];
    await patient.watch.look();
    expect(patient.lines).toHaveLength(2);
  });
});
