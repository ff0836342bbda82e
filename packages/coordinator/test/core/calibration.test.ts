// A machine whose engine computes something else than the network's calibration is never mixed into its class.
import { calibrationOf, calibrations, isCalibrated, runtimeClasses } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { explainJob, jobView, nodeView } from "../../src/core/index.ts";
import { hash, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

const deviating = { classes: [{ name: "wasm", engine: "odd", calibration: hash("another sum") }] } as const;

describe("a worker of another calibration", () => {
  test("gets no lease, and explain says why and what to do", () => {
    const world = new World();
    for (const name of ["a", "b", "c"]) world.join(name, "honest", deviating);
    const job = submission({ tasks: 1 });
    world.submit(job);
    world.settle(10);
    expect(world.factsOf("leaseOffered")).toEqual([]);
    const explained = JSON.stringify(explainJob(world.state, job.jobId));
    expect(explained).toContain("notCalibrated");
    expect(explained).toContain("computes something else than the network's calibration");
    expect(explained).toContain("starling worker doctor");
  });

  test("does not keep the others from the job", () => {
    const world = new World();
    const odd = world.join("odd", "honest", deviating);
    for (const name of ["a", "b"]) world.join(name);
    const job = submission({ tasks: 2 });
    world.submit(job);
    world.settle(20);
    expect(jobView(world.state, job.jobId)?.state).toBe("completed");
    expect(world.factsOf("leaseOffered").filter(({ worker }) => worker === odd.address)).toEqual([]);
    expect(nodeView(world.state, odd.address)?.classes).toEqual(deviating.classes);
  });
});

test("a class counts only with the digest of its own program", () => {
  expect(isCalibrated({ name: "wasm", calibration: calibrationOf("wasm") })).toBe(true);
  expect(isCalibrated({ name: "cpu", calibration: calibrationOf("wasm") })).toBe(false);
  expect(isCalibrated({ name: "constructor", calibration: calibrationOf("wasm") })).toBe(false);
  for (const name of runtimeClasses.filter((one) => calibrations[one].length === 0))
    expect(() => calibrationOf(name)).toThrow();
});
