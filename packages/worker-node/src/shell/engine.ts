// The engine around the worker's core.
import { Engine, failpointsFromEnvironment, type Journal, type Logger, type Performer } from "@starling/node-kit";
import {
  type WorkerConfig,
  type WorkerEffect,
  type WorkerFact,
  type WorkerInput,
  type WorkerState,
  workerDecider,
} from "../core/index.ts";

/** An engine with the worker's types. */
export type WorkerEngine = Engine<WorkerConfig, WorkerState, WorkerInput, WorkerFact, WorkerEffect>;

/** Frames wait for one another in the outbox, which gathers what one turn asks for: their lanes must not hold them back. */
const SENDS_AT_ONCE = 10_000;

/** Makes the engine; nothing happens before its `start`. */
export function workerEngine(
  parts: {
    readonly journal: Journal;
    readonly performer: Performer<WorkerEffect, WorkerInput>;
    readonly logger: Logger;
    /** Facts between two snapshots, at least. */
    readonly snapshotFacts: number;
  },
  config: WorkerConfig,
  onFatal: (error: unknown) => void,
): WorkerEngine {
  const { snapshotFacts, ...deps } = parts;
  return new Engine(
    { ...deps, failpoints: failpointsFromEnvironment() },
    {
      decider: workerDecider,
      limits: { factsPerSnapshot: snapshotFacts },
      config,
      tickInput: () => ({ type: "tick" }),
      onFatal,
      effectLimits: {
        runLease: config.slots,
        sendAsk: SENDS_AT_ONCE,
        sendAccepts: SENDS_AT_ONCE,
        sendDeclines: SENDS_AT_ONCE,
        sendBeat: SENDS_AT_ONCE,
        sendCheckpoints: SENDS_AT_ONCE,
        sendCommits: SENDS_AT_ONCE,
        sendReveals: SENDS_AT_ONCE,
        sendFailures: SENDS_AT_ONCE,
        sendPledge: SENDS_AT_ONCE,
        sendTicketsWanted: SENDS_AT_ONCE,
        sendMeasured: SENDS_AT_ONCE,
        sendChallengeAnswer: SENDS_AT_ONCE,
      },
    },
  );
}
