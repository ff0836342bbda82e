// Tasks of one step that wait for a worker, sorted by which operators they have used already, so that an asker skips whole queues.

interface Lane {
  /** Tasks that came back: they go first. */
  readonly front: number[];
  readonly back: number[];
  frontHead: number;
  backHead: number;
}

/** The lane of tasks that wait for a referee. No operator key looks like this. */
export const refereeLane = "referee";

/** Waiting tasks of one step of one job. Entries are lazily removed: only the task's present lane counts. */
export class StepQueue {
  readonly #lanes = new Map<string, Lane>();
  readonly #laneOf = new Map<number, string>();
  // Tasks that some operator has begun, in an array for uniform draws; the map keeps the order in which they came.
  readonly #begun: number[] = [];
  readonly #placeOf = new Map<number, number>();

  /** Tasks that wait. */
  get size(): number {
    return this.#laneOf.size;
  }

  /** The lane in which a task waits, or undefined. */
  laneOf(index: number): string | undefined {
    return this.#laneOf.get(index);
  }

  /** Tasks that wait for a replica and have used an operator already. */
  get begun(): number {
    return this.#begun.length;
  }

  /** One of the begun tasks, by a position below `begun`; positions mean nothing. */
  begunAt(position: number): number | undefined {
    return this.#begun[position];
  }

  /** Those that have been begun for the longest, oldest first. */
  oldestBegun(max: number): readonly number[] {
    const found: number[] = [];
    for (const index of this.#placeOf.keys()) {
      if (found.length === max) break;
      found.push(index);
    }
    return found;
  }

  /** Puts a task into a lane, out of any other. */
  put(index: number, lane: string, first: boolean): void {
    const old = this.#laneOf.get(index);
    if (old === lane) return;
    this.#laneOf.set(index, lane);
    if (old !== undefined) this.#leave(old);
    if (lane === "" || lane === refereeLane) this.#end(index);
    else this.#begin(index);
    const queue = this.#lanes.get(lane) ?? { front: [], back: [], frontHead: 0, backHead: 0 };
    this.#lanes.set(lane, queue);
    (first ? queue.front : queue.back).push(index);
  }

  /** Takes a task out. */
  remove(index: number): void {
    const old = this.#laneOf.get(index);
    this.#laneOf.delete(index);
    this.#end(index);
    if (old !== undefined) this.#leave(old);
  }

  /** Names of lanes that hold tasks: those of tasks that have begun first, so that they end early. */
  lanes(): readonly string[] {
    const names: string[] = [];
    for (const name of this.#lanes.keys()) {
      if (!this.#leave(name)) continue;
      if (name !== "" && name !== refereeLane) names.push(name);
    }
    if (this.#lanes.has("")) names.push("");
    return names;
  }

  /** The first task of a lane that `fits`, among at most `scanMax`; null when none does. */
  find(name: string, scanMax: number, fits: (index: number) => boolean): number | null {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return null;
    this.#trim(name, lane);
    let seen = 0;
    for (const [list, head] of [
      [lane.front, lane.frontHead],
      [lane.back, lane.backHead],
    ] as const) {
      for (let i = head; i < list.length; i += 1) {
        const index = list[i];
        if (index === undefined || this.#laneOf.get(index) !== name) continue;
        if (fits(index)) return index;
        seen += 1;
        if (seen >= scanMax) return null;
      }
    }
    return null;
  }

  #begin(index: number): void {
    if (this.#placeOf.has(index)) return;
    this.#placeOf.set(index, this.#begun.length);
    this.#begun.push(index);
  }

  #end(index: number): void {
    const place = this.#placeOf.get(index);
    if (place === undefined) return;
    const last = this.#begun.pop();
    this.#placeOf.delete(index);
    if (last === undefined || last === index) return;
    this.#begun[place] = last;
    this.#placeOf.set(last, place);
  }

  // Forgets a lane that is empty now; says whether it still holds tasks.
  #leave(name: string): boolean {
    const lane = this.#lanes.get(name);
    if (lane === undefined) return false;
    this.#trim(name, lane);
    if (lane.frontHead < lane.front.length || lane.backHead < lane.back.length) return true;
    this.#lanes.delete(name);
    return false;
  }

  // Moves the heads over entries whose task is elsewhere, and gives back memory when half of a list is past.
  #trim(name: string, lane: Lane): void {
    lane.frontHead = this.#skip(name, lane.front, lane.frontHead);
    lane.backHead = this.#skip(name, lane.back, lane.backHead);
    if (lane.frontHead > 256 && lane.frontHead * 2 > lane.front.length) {
      lane.front.splice(0, lane.frontHead);
      lane.frontHead = 0;
    }
    if (lane.backHead > 256 && lane.backHead * 2 > lane.back.length) {
      lane.back.splice(0, lane.backHead);
      lane.backHead = 0;
    }
  }

  #skip(name: string, list: readonly number[], head: number): number {
    let position = head;
    while (position < list.length && this.#laneOf.get(list[position] ?? -1) !== name) position += 1;
    return position;
  }
}
