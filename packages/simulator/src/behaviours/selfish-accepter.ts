// Takes the leases that it likes and declines two of three.
import { type Behaviour, steady } from "./behaviour.ts";

export const selfishAccepter: Behaviour = {
  ...steady,
  name: "selfish accepter",
  run: ({ right }, random) => ({ durationMs: 5 + random.below(50), content: right }),
  mangle: (effect, { random, count }) => {
    if (effect.type !== "sendAccepts" || random.chance(1, 3)) return [effect];
    count("cherryPicked");
    const leases = effect.leases.map(({ leaseId }) => ({
      leaseId,
      reason: "noCapacity" as const,
      message: "not this one",
    }));
    return [{ type: "sendDeclines", coordinator: effect.coordinator, leases }];
  },
};
