// Recovery: the newest snapshot, and the facts after it.
import type { Decider, Millis } from "@starling/kernel";
import type { Journal } from "../journal/journal.ts";

export interface Recovered<State> {
  readonly state: State;
  /** The time of the last durable turn, 0 for a new journal. */
  readonly lastAt: Millis;
  /** The number of the fact that the snapshot held, 0 without one. */
  readonly snapshotSeq: number;
  /** Bytes of nothing but facts since then are unknown after a restart; their number stands for them. */
  readonly factsReplayed: number;
}

/** Opens the journal and folds it. Throws `JournalError`, and whatever `evolve` throws for a fact that it cannot read. */
export async function recover<Config, State, Fact>(
  decider: Pick<Decider<Config, State, unknown, Fact, unknown>, "initial" | "restore" | "evolve">,
  config: Config,
  journal: Journal,
): Promise<Recovered<State>> {
  await journal.open();
  try {
    const snapshot = await journal.latestSnapshot();
    const snapshotSeq = snapshot?.seq ?? 0;
    const state = snapshot === null ? decider.initial(config) : decider.restore(config, snapshot.state);
    let lastAt = snapshot?.at ?? 0;
    let factsReplayed = 0;
    for await (const group of journal.replay(snapshotSeq)) {
      // The journal is verified, and only `record` writes to it: what comes back has the type that went in.
      for (const fact of group.facts) decider.evolve(state, fact as Fact);
      factsReplayed += group.facts.length;
      lastAt = Math.max(lastAt, group.at);
    }
    return { state, lastAt, snapshotSeq, factsReplayed };
  } catch (error) {
    await journal.close();
    throw error;
  }
}
