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

  /** Tasks that wait. */
  get size(): number {
    return this.#laneOf.size;
  }

  /** The lane in which a task waits, or undefined. */
  laneOf(index: number): string | undefined {
    return this.#laneOf.get(index);
  }

  /** Puts a task into a lane, out of any other. */
  put(index: number, lane: string, first: boolean): void {
    if (this.#laneOf.get(index) === lane) return;
    this.#laneOf.set(index, lane);
    const queue = this.#lanes.get(lane) ?? { front: [], back: [], frontHead: 0, backHead: 0 };
    this.#lanes.set(lane, queue);
    (first ? queue.front : queue.back).push(index);
  }

  /** Takes a task out. */
  remove(index: number): void {
    this.#laneOf.delete(index);
  }

  /** Names of lanes that hold tasks: those of tasks that have begun first, so that they end early. */
  lanes(): readonly string[] {
    const names: string[] = [];
    for (const [name, lane] of this.#lanes) {
      this.#trim(name, lane);
      if (lane.frontHead === lane.front.length && lane.backHead === lane.back.length) this.#lanes.delete(name);
      else if (name !== "" && name !== refereeLane) names.push(name);
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
