// grpc.health.v1: serving or not, for probes and watchers.
import { HealthCheckResponse_ServingStatus, HealthDefinition } from "@starling/protocol/rpc";
import type { Handlers } from "./call.ts";

export const healthDescription = HealthDefinition;

/** Whether the daemon serves; watchers are told of each change. */
export class HealthState {
  #serving = false;
  readonly #listeners = new Set<() => void>();

  get serving(): boolean {
    return this.#serving;
  }

  set(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const listener of this.#listeners) listener();
  }

  /** Resolves at the next change, or rejects when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (): void => {
        this.#listeners.delete(done);
        signal.removeEventListener("abort", aborted);
        resolve();
      };
      const aborted = (): void => {
        this.#listeners.delete(done);
        reject(signal.reason);
      };
      this.#listeners.add(done);
      signal.addEventListener("abort", aborted, { once: true });
    });
  }
}

/** Handlers of the health service over one state. */
export function healthHandlers(state: HealthState): Handlers<typeof HealthDefinition> {
  const answer = () => ({
    status: state.serving ? HealthCheckResponse_ServingStatus.SERVING : HealthCheckResponse_ServingStatus.NOT_SERVING,
  });
  return {
    check: async () => answer(),
    watch: async (_request, emit, { signal }) => {
      while (!signal.aborted) {
        await emit(answer());
        await state.changed(signal);
      }
    },
  };
}
