// What a contract says when it refuses a call.

/** A call that a contract refuses. */
export class Revert extends Error {
  override readonly name = "Revert";
}
