// Workers with free slots, in an array for uniform draws: adding, removing and drawing take constant time.
import type { Address } from "@starling/protocol";

/** A set of workers that can be sampled. Its order follows from the order of changes, so it is the same in every replay. */
export class IdlePool {
  readonly #workers: Address[] = [];
  readonly #place = new Map<Address, number>();
  readonly #operatorOf = new Map<Address, Address>();
  readonly #ofOperator = new Map<Address, Set<Address>>();

  #version = 0;

  /** Rises with every worker that is added. */
  get version(): number {
    return this.#version;
  }

  /** All of them, in the pool's own order. */
  list(): readonly Address[] {
    return this.#workers;
  }

  get size(): number {
    return this.#workers.length;
  }

  has(worker: Address): boolean {
    return this.#place.has(worker);
  }

  at(position: number): Address | undefined {
    return this.#workers[position];
  }

  /** The operator's workers in the pool. */
  of(operator: Address): readonly Address[] {
    return [...(this.#ofOperator.get(operator) ?? [])];
  }

  add(worker: Address, operator: Address): void {
    if (this.#place.has(worker)) return;
    this.#version += 1;
    this.#operatorOf.set(worker, operator);
    const nodes = this.#ofOperator.get(operator) ?? new Set();
    this.#ofOperator.set(operator, nodes.add(worker));
    this.#place.set(worker, this.#workers.length);
    this.#workers.push(worker);
  }

  remove(worker: Address): void {
    const position = this.#place.get(worker);
    if (position === undefined) return;
    const operator = this.#operatorOf.get(worker);
    this.#operatorOf.delete(worker);
    const nodes = operator === undefined ? undefined : this.#ofOperator.get(operator);
    nodes?.delete(worker);
    if (operator !== undefined && nodes?.size === 0) this.#ofOperator.delete(operator);
    const last = this.#workers.pop();
    this.#place.delete(worker);
    if (last === undefined || last === worker) return;
    this.#workers[position] = last;
    this.#place.set(last, position);
  }
}
