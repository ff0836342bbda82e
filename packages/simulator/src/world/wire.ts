// How frames travel: as bytes of the real codec, or as they are, which is half the work.
import {
  type CoordinatorMessage,
  decodeCoordinatorMessage,
  decodeWorkerMessage,
  encodeCoordinatorMessage,
  encodeWorkerMessage,
  type WorkerMessage,
} from "@starling/protocol";

/** A frame under way. */
export type Frame = Uint8Array | WorkerMessage | CoordinatorMessage;

/** Makes frames and reads them. */
export interface Wire {
  readonly up: (message: WorkerMessage) => Frame;
  readonly down: (message: CoordinatorMessage) => Frame;
  readonly atCoordinator: (frame: Frame) => WorkerMessage | null;
  readonly atWorker: (frame: Frame) => CoordinatorMessage | null;
}

/** Through the real codec with all its bounds: a frame that it refuses ends the run. */
export const codedWire: Wire = {
  up: (message) => encodeWorkerMessage(message),
  down: (message) => encodeCoordinatorMessage(message),
  atCoordinator: (frame) => decodeWorkerMessage(frame as Uint8Array).message,
  atWorker: (frame) => decodeCoordinatorMessage(frame as Uint8Array).message,
};

/** As values. */
export const plainWire: Wire = {
  up: (message) => message,
  down: (message) => message,
  atCoordinator: (frame) => frame as WorkerMessage,
  atWorker: (frame) => frame as CoordinatorMessage,
};
