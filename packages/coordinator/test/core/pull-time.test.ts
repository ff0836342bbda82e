// Leases of steps whose image workers pull last longer by the time that a pull may take.
import { expect, test } from "vitest";
import { defaultPolicy } from "../../src/core/index.ts";
import { step, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

function leaseMsOf(name: string): number | undefined {
  const world = new World();
  world.join("a");
  world.join("b");
  world.submit(submission({ step: { program: { ...step().program, name } } }));
  for (let i = 0; i < 3; i += 1) world.block();
  const items = world.effects.flatMap((effect) => (effect.type === "sendLeases" ? effect.leases : []));
  return items[0]?.leaseMs;
}

test("a pull has its time beside the program's", () => {
  const usual = leaseMsOf("image.tar") ?? Number.NaN;
  expect(leaseMsOf(`registry.example/tool@sha256:${"0".repeat(64)}`)).toBe(usual + defaultPolicy.pullMs);
});
