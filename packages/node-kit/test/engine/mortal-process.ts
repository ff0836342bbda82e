// A process for the kill tests: an engine on a real Level journal that prints what it acknowledged and what it performed.
import { Engine } from "../../src/engine/engine.ts";
import { failpointsFromEnvironment } from "../../src/failpoints.ts";
import { LevelJournal } from "../../src/journal/level-journal.ts";
import { type ToyConfig, type ToyEffect, type ToyFact, type ToyInput, type ToyState, toy } from "./toy.ts";

const [directory = "", deposits = "0", ending = "stop"] = process.argv.slice(2);

// One write call per line: a pipe keeps what was written when the writer is killed.
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const engine = new Engine<ToyConfig, ToyState, ToyInput, ToyFact, ToyEffect>(
  {
    journal: new LevelJournal({ directory }),
    failpoints: failpointsFromEnvironment(),
    performer: {
      perform: async (effect, { id, feedback }) => {
        if (effect.type !== "announce") return;
        say(`performed ${effect.transfer} ${id}`);
        feedback({ type: "announced", transfer: effect.transfer });
      },
    },
  },
  {
    decider: toy,
    config: { opening: 100n },
    tickInput: () => ({ type: "tick" }),
    checkInvariants: "always",
    limits: { factsPerSnapshot: 40 },
  },
);

await engine.start();
say(`started ${engine.read((state) => state.transfers)} ${engine.stats().epoch}`);
const deposit = async (): Promise<void> => {
  const answer = await engine.submit({ type: "deposit", account: "ada", amount: 7n });
  if (answer.ok) say(`acknowledged ${String(answer.value)}`);
};
for (let round = 0; round < Number(deposits) / 4; round += 1)
  await Promise.all([deposit(), deposit(), deposit(), deposit()]);
// "fail" makes the core throw; "hold" keeps the journal until the parent closes the pipe.
if (ending === "fail") await engine.submit({ type: "explode" }).catch(() => undefined);
if (ending === "hold") for await (const _ of process.stdin);
await engine.stop();
say("stopped");
