// The job document once it is read: units resolved, defaults filled in, files still named by path.
import type { Millis } from "@starling/kernel";
import type { CheckpointTerms } from "../checkpoint.ts";
import type { Needs } from "../gossip-message.ts";
import type { Address, Cid } from "../ids.ts";
import type { ImageName } from "../image-name.ts";
import type { Each, Trust } from "../job.ts";
import type { RuntimeClass } from "../worker-record.ts";

/** Where a file comes from: a local path that the submitter uploads, content that the network has, or a registry. */
export type ArtifactSource =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "cid"; readonly cid: Cid }
  /** Workers pull the image themselves. */
  | { readonly kind: "image"; readonly name: ImageName };

/** What runs a program: the WebAssembly sandbox, a sandboxed process of the worker's own machine, or a container of an image. */
export type RunEngine = "wasm" | "process" | "image";

/** A program with its argument templates. */
export interface RunDocument {
  readonly engine: RunEngine;
  readonly program: ArtifactSource;
  /** Of a process alone: an archive that it sees as /; left out where it sees the worker's own /usr. */
  readonly root?: ArtifactSource;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A step: what runs, with what, and what it leaves behind. */
export interface StepDocument {
  readonly run: RunDocument;
  readonly runtimeClass: RuntimeClass;
  readonly needs: Needs;
  readonly outputs: readonly { readonly name: string; readonly path: string }[];
  readonly timeoutMs: Millis;
  /** Steps that a task may take; null leaves it to the timeout. */
  readonly fuel: number | null;
  /** Whether NaNs that arithmetic makes get one form. */
  readonly nan: "any" | "canonical";
  /** Null where it keeps no checkpoints. */
  readonly checkpoint: CheckpointTerms | null;
}

/** The document. What it leaves out has its default here; `name` is empty and `budget.max` null where there is none. */
export interface JobDocument {
  readonly version: 1;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly map: StepDocument;
  readonly each: Each;
  readonly inputs: readonly { readonly name: string; readonly source: ArtifactSource }[];
  readonly reduce: StepDocument | null;
  readonly trust: Trust;
  readonly budget: { readonly max: bigint | null; readonly perTask: bigint };
  /** From submission. */
  readonly deadlineMs: Millis;
  readonly priority: "urgent" | "normal" | "spare";
  readonly seed: number;
  /** Most attempts of a task after its first; null leaves it to the coordinator. */
  readonly retryMax: number | null;
  readonly referees: readonly Address[];
}
