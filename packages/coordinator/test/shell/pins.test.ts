// Pins last as long as the job whose files they keep.
import { artifactsOf, type Cid, type Trust } from "@starling/protocol";
import { expect, test } from "vitest";
import type { CoordinatorFact } from "../../src/core/index.ts";
import { type PinParts, pinArtifacts } from "../../src/shell/pins.ts";
import { submission, undrawn } from "../core/world/fixtures.ts";
import { World } from "../core/world/world.ts";

test("the files of a job are let go when its escrow is forgotten", () => {
  const world = new World();
  const job = submission({});
  world.submit(job);
  const pins = new Map<Cid, number>();
  let tell: (facts: readonly CoordinatorFact[]) => void = () => undefined;
  const engine: PinParts["engine"] = {
    read: (select) => select(world.state),
    onFacts: (listener) => {
      tell = (facts) => listener({ firstSeq: 1, at: 0, facts });
      return () => undefined;
    },
  };
  const count = (cid: Cid, by: number) => void pins.set(cid, (pins.get(cid) ?? 0) + by);
  pinArtifacts({ engine, artifacts: { pin: (cid) => count(cid, 1), unpin: (cid) => count(cid, -1) } });
  const files = artifactsOf(job.spec);
  expect(files.length).toBeGreaterThan(0);
  expect(files.every((cid) => pins.get(cid) === 1)).toBe(true);
  tell([{ type: "escrowForgotten", escrowId: job.newEscrowId }] as unknown as readonly CoordinatorFact[]);
  expect(files.every((cid) => pins.get(cid) === 1)).toBe(true);
  world.state.ledger.jobs.delete(job.jobId);
  tell([{ type: "escrowForgotten", escrowId: job.newEscrowId }] as unknown as readonly CoordinatorFact[]);
  expect([...pins.values()].every((held) => held === 0)).toBe(true);
});

test("all answers of a job that has numbers compared are kept, since each may be measured again", () => {
  const kept = (trust: Trust): readonly Cid[] => {
    const world = new World();
    for (const name of ["a", "b"]) world.join(name);
    const pins: Cid[] = [];
    const listeners: ((facts: readonly CoordinatorFact[]) => void)[] = [];
    const engine: PinParts["engine"] = {
      read: (select) => select(world.state),
      onFacts: (listener) => {
        listeners.push((facts) => listener({ firstSeq: 1, at: 0, facts }));
        return () => undefined;
      },
    };
    pinArtifacts({ engine, artifacts: { pin: (cid) => void pins.push(cid), unpin: () => undefined } });
    world.submit(submission({ tasks: 1, trust }));
    world.settle(5);
    const revealed = world.factsOf("leaseRevealed");
    expect(revealed.length).toBeGreaterThan(0);
    for (const tell of listeners) tell(revealed);
    return pins;
  };
  const compare = { out: { kind: "numeric", format: "f32", abs: 0, rel: 1e-3, l2: 0 } } as const;
  expect(kept({ ...undrawn, compare })).toHaveLength(2);
  expect(kept(undrawn)).toEqual([]);
});
