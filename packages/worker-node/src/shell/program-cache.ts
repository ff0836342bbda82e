// Programs in memory: the tasks of a job share one, and reading and hashing it for each of them would cost more than a tiny run.
import type { ArtifactStore } from "@starling/node-kit";
import type { ArtifactRef, Cid } from "@starling/protocol";

const PROGRAMS_MAX = 8;
/** A larger program is read for each run. */
const BYTES_MAX = 8 * 1024 * 1024;

/** The programs used last. */
export class ProgramCache {
  readonly #artifacts: ArtifactStore;
  readonly #programs = new Map<Cid, Uint8Array>();

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  /** The verified bytes of a stored program, which nobody may change. Throws `ArtifactError`. */
  async read({ cid, size }: Pick<ArtifactRef, "cid" | "size">): Promise<Uint8Array> {
    const known = this.#programs.get(cid);
    this.#programs.delete(cid);
    const bytes = known ?? (await this.#artifacts.readAll(cid, size));
    if (bytes.length <= BYTES_MAX) this.#programs.set(cid, bytes);
    const oldest = this.#programs.keys().next();
    if (this.#programs.size > PROGRAMS_MAX && oldest.done === false) this.#programs.delete(oldest.value);
    return bytes;
  }
}
