// The executor port: prepare a task, run it inside a sandbox, observe it, kill it. Every way to run a task implements it.
import type { CheckpointTerms, ImageName, imageUnavailableReason, rootRoomReason } from "@starling/protocol";
import type { Stored } from "./stored.ts";

/** Caps of one attempt. The executor enforces them; none may be left open. */
export interface RunLimits {
  /** Wall-clock time from the start of the run to its last byte of output. */
  readonly timeoutMs: number;
  /** The program's own memory, without the sandbox's overhead. */
  readonly memoryBytes: number;
  /** Everything that is ever held under `/out`, declared as an output or not. */
  readonly outputBytes: number;
  /** Files and directories under `/out`. */
  readonly outputFiles: number;
  /** Captured standard output and error together; the rest is dropped and counted. */
  readonly logBytes: number;
  /**
   * Steps that the program may take, in units of the fuel schedule: the same end on every machine. Executors that count
   * none ignore it. Default: more than can be used up before the timeout.
   */
  readonly fuel?: number | undefined;
  /** Gives NaNs that arithmetic makes one form, the same on every processor. Default: the processor's own. */
  readonly nan?: "canonical" | undefined;
  /** The folder `/ckpt`, and the time after SIGTERM. Default: neither. */
  readonly checkpoint?: CheckpointTerms | undefined;
}

/** An input on this machine's disk whose content the caller has verified. It appears at `/in/<name>`. */
export interface TaskInput {
  readonly name: string;
  readonly path: string;
  readonly size: number;
}

/** A declared output: `path` is relative to `/out`. */
export interface TaskOutput {
  readonly name: string;
  readonly path: string;
}

/** A root file system that a task brings: an archive, whose content `open` verifies as it is read. */
export interface TaskRoot {
  /** Its content id. */
  readonly digest: string;
  readonly size: number;
  open(signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** A file of a checkpoint, by its path below the folder of its step. */
export interface CheckpointFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A complete checkpoint: the folder `/ckpt/<step>` with its manifest. */
export interface CheckpointFiles {
  readonly step: number;
  /** Sorted by path. */
  readonly files: readonly CheckpointFile[];
}

/** One attempt at one task, complete: an executor needs nothing else. */
export interface TaskRun {
  readonly leaseId: string;
  /** Whose task this is. Warm state is never shared between payers. */
  readonly payer: string;
  readonly program: Uint8Array;
  /** Content id of `program`, verified by the caller; the key of the cache of compiled programs. */
  readonly programDigest: string;
  /** The program in parts, for executors that never hold it whole; `program` is empty then. */
  readonly programContent?: Stored;
  /** The image that is pulled in the program's place. */
  readonly image?: ImageName;
  /** Of a task in class `cpu-root`. */
  readonly root?: TaskRoot;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly inputs: readonly TaskInput[];
  readonly outputs: readonly TaskOutput[];
  readonly limits: RunLimits;
  /** GPUs that it alone has, as their driver names them; left out where it has none. */
  readonly devices?: readonly string[];
  /** Hosts that it may reach, in their one form; left out where it has no network. */
  readonly hosts?: readonly string[];
  /** What lies under `/ckpt` when it starts; left out where nothing does. */
  readonly resume?: CheckpointFiles;
}

/** What the program last said about itself, through `/progress`. */
export interface RunProgress {
  readonly done: number;
  readonly total: number;
  readonly metric?: number;
}

/** What an attempt used, as measured by the executor (never by the program). */
export interface ResourceUsage {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMemoryBytes: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Steps by the fuel schedule, equal on every machine for a program that completes; 0 where none are counted. */
  readonly fuel: number;
  /** Left out where no GPU was used. */
  readonly gpu?: { readonly memoryBytes: number; readonly busyPercent: number };
}

/**
 * Why a program failed by its own doing, the same way on every machine:
 * - `exit`: it ended with an exit code other than 0
 * - `trap`: it did something undefined (division by zero, out of bounds, unreachable)
 * - `stackOverflow`: it reached the limit on call depth
 * - `outOfFuel`: it took more steps than the limit allows
 * - `memory`: it needs more memory than the limit before it has even started
 * - `outputTooLarge`: it wrote more bytes or files under `/out` than allowed
 * - `missingOutput`: it ended well without a declared output
 * - `badModule`: its bytes are no program that this executor takes
 * - `badProgram`: a well-formed program that can't be run here (no entry point, unknown imports)
 */
export type FailureReason =
  | "exit"
  | "trap"
  | "stackOverflow"
  | "outOfFuel"
  | "memory"
  | "outputTooLarge"
  | "badModule"
  | "missingOutput"
  | "badProgram";

/** A collected output, byte for byte. */
export interface CollectedOutput {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** How an attempt ended. Only `infrastructure` is not about the task: the sandbox itself broke, try elsewhere. */
export type RunOutcome =
  | {
      readonly kind: "completed";
      readonly exitCode: number;
      readonly outputs: readonly CollectedOutput[];
      readonly log: string;
      readonly usage: ResourceUsage;
    }
  | {
      readonly kind: "failed";
      readonly reason: FailureReason;
      readonly message: string;
      readonly exitCode?: number;
      /** The signal that ended the program, by its number. */
      readonly signal?: number;
      /** The kernel or the sandbox killed it for want of memory. */
      readonly outOfMemory?: true;
      readonly log: string;
      readonly usage: ResourceUsage;
    }
  | { readonly kind: "timedOut"; readonly message: string; readonly log: string; readonly usage: ResourceUsage }
  | { readonly kind: "killed"; readonly message: string; readonly log: string; readonly usage: ResourceUsage }
  | {
      readonly kind: "infrastructure";
      readonly message: string;
      /** It is not the sandbox that broke: what the task needs did not arrive here, or has no room. */
      readonly reason?: typeof imageUnavailableReason | typeof rootRoomReason;
    };

/** What a backend has shown by running a built-in program; it counts as present only when it worked. */
export type ProbeResult =
  | {
      readonly works: true;
      /** Digest of the built-in program's output: equal on all machines of one runtime class, or of one group in it. */
      readonly calibration: string;
      /** The engine and its version, for people. */
      readonly engine: string;
      /** How strangers' code is held, for the offer and for `worker doctor`. */
      readonly isolation: string;
      readonly wallMs: number;
    }
  | { readonly works: false; readonly reason: string };

/** Options of one run. */
export interface RunOptions {
  /** Aborting kills the attempt; the outcome is then `killed`. */
  readonly signal: AbortSignal;
  /** Called with the program's progress, at most a few times per second. */
  readonly onProgress?: (progress: RunProgress) => void;
  /**
   * Aborting asks the program to write a checkpoint and end: SIGTERM, and after the task's grace the kill. The outcome is then `killed`,
   * whatever the program does; without checkpoints it is killed at once.
   */
  readonly stop?: AbortSignal;
  /** Called with new complete checkpoints, by rising step, and before an attempt without a result is over with its last. */
  readonly onCheckpoints?: (found: readonly CheckpointFiles[]) => Promise<void>;
}

/** One way to run tasks. `run` never rejects: everything that can happen is an outcome. */
export interface Executor {
  /** The runtime class, `wasm` or another of the table of classes. */
  readonly class: string;
  /** It takes `programContent` in place of `program`. */
  readonly readsParts?: true;
  /** Runs a built-in program and reports whether this backend works on this machine. */
  probe(options: { readonly signal: AbortSignal }): Promise<ProbeResult>;
  /** Runs one task inside a sandbox; returns when the sandbox is done with it or dead. */
  run(task: TaskRun, options: RunOptions): Promise<RunOutcome>;
  /** Kills every attempt and every warm sandbox; safe to call twice. */
  close(): Promise<void>;
}
