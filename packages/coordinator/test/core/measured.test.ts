// What workers say of their machines: shown as their word, kept over a reconnect, and only from the stream that stands.
import { expect, test } from "vitest";
import { nodeView } from "../../src/core/index.ts";
import { World } from "./world/world.ts";

test("what a worker says of its machine is shown, and kept when it comes back", () => {
  const world = new World();
  const worker = world.join("a");
  const measured = () => nodeView(world.state, worker.address)?.measured;
  const say = (session: string) =>
    world.feed({
      type: "machineMeasured",
      worker: worker.address,
      session,
      message: { type: "measured", measured: { cpu: 256, matrix: 512 } },
    });
  expect(measured()).toEqual({});
  say("another stream");
  expect(measured()).toEqual({});
  say(worker.session);
  expect(measured()).toEqual({ cpu: 256, matrix: 512 });
  world.feed(worker.disconnect());
  for (const input of worker.connect()) world.feed(input);
  expect(measured()).toEqual({ cpu: 256, matrix: 512 });
});
