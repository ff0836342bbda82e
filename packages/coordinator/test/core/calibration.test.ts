// A machine whose engine computes something else than the network's calibration is never mixed into its class.
import { calibrationOf, calibrations, isCalibrated, runtimeClasses } from "@starling/protocol";
import { describe, expect, test } from "vitest";
import { explainJob, jobView, nodeView } from "../../src/core/index.ts";
import { close, hash, record, step, submission } from "./world/fixtures.ts";
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

describe("a class whose members form groups", () => {
  const group = (name: string) => ({ classes: [{ name: "cpu", engine: "process", calibration: hash(name) }] }) as const;
  const work = submission({ tasks: 1, step: { runtimeClass: "cpu" } });

  test("has all answers of a task from one group, and explain says who does not belong to it", () => {
    const world = new World();
    const first = world.join("a", "honest", group("old"));
    world.submit(work);
    world.settle(10);
    world.join("b", "honest", group("new"));
    world.settle(10);
    expect(world.factsOf("leaseOffered").map(({ worker }) => worker)).toEqual([first.address]);
    const explained = JSON.stringify(explainJob(world.state, work.jobId));
    expect(explained).toContain("1 computes in class cpu with other instructions or libraries");
    const second = world.join("c", "honest", group("old"));
    world.settle(20);
    expect(world.factsOf("leaseOffered").map(({ worker }) => worker)).toEqual([first.address, second.address]);
    expect(jobView(world.state, work.jobId)?.state).toBe("completed");
  });

  test("two replicas that are given out together are of one group", () => {
    const world = new World();
    world.submit(work);
    for (const [name, calibration] of ["x", "y", "x", "z", "y", "z"].entries())
      world.join(String(name), "honest", group(calibration));
    world.settle(20);
    const groups = world.factsOf("leaseOffered").map(({ worker }) => world.workers.get(worker)?.record.classes);
    expect(groups).toHaveLength(2);
    expect(groups[0]).toEqual(groups[1]);
  });

  test("has its referee from that group too", () => {
    const world = new World();
    world.join("liar", "liar", group("old"));
    world.join("b", "honest", group("old"));
    const referee = { operator: work.payer };
    world.join("stranger", "honest", { ...group("new"), ...referee });
    world.submit(work);
    world.settle(10);
    const refereeing = () => world.factsOf("leaseOffered").filter(({ role }) => role === "referee");
    expect(refereeing()).toEqual([]);
    const own = world.join("own", "honest", { ...group("old"), ...referee });
    world.settle(10);
    expect(refereeing().map(({ worker }) => worker)).toEqual([own.address]);
  });
});

describe("replicas on GPUs", () => {
  const accelerators = [
    { vendor: "nvidia", model: "T4", vramBytes: 16e9, arch: "sm_75", driver: "1", uuid: "GPU-a" },
  ] as const;
  const resources = { ...record("any").resources, accelerators };
  const on = (name: "gpu" | "gpu-tolerant", pins: string) =>
    ({ resources, classes: [{ name, engine: "oci", calibration: hash(pins) }] }) as const;
  const needs = { ...step().needs, gpu: { count: 1, vramBytes: 8e9, arch: [] } };

  test("are of one pin where they are compared exactly, and explain names the GPU", () => {
    const world = new World();
    const work = submission({ tasks: 1, step: { runtimeClass: "gpu", needs } });
    const first = world.join("a", "honest", on("gpu", "T4, driver 1"));
    world.submit(work);
    world.settle(10);
    world.join("b", "honest", on("gpu", "T4, driver 2"));
    world.settle(10);
    expect(world.factsOf("leaseOffered").map(({ worker }) => worker)).toEqual([first.address]);
    expect(JSON.stringify(explainJob(world.state, work.jobId))).toContain("another GPU, driver, toolkit or processor");
    const second = world.join("c", "honest", on("gpu", "T4, driver 1"));
    world.settle(20);
    expect(world.factsOf("leaseOffered").map(({ worker }) => worker)).toEqual([first.address, second.address]);
    expect(jobView(world.state, work.jobId)?.state).toBe("completed");
  });

  test("may be of any where they are compared within bounds", () => {
    const world = new World();
    for (const name of ["x", "y"]) world.join(name, "honest", on("gpu-tolerant", name));
    world.submit(submission({ tasks: 1, trust: close, step: { runtimeClass: "gpu-tolerant", needs } }));
    world.settle(20);
    expect(world.factsOf("leaseOffered")).toHaveLength(2);
  });

  test("wait where nobody offers the class, and explain says what an owner does", () => {
    const world = new World();
    world.join("a");
    const work = submission({ tasks: 1, step: { runtimeClass: "gpu", needs } });
    world.submit(work);
    world.settle(10);
    const explained = JSON.stringify(explainJob(world.state, work.jobId));
    expect(explained).toContain("does not run class gpu");
    expect(explained).toContain("has no GPU");
    expect(explained).toContain("starling worker doctor --allow-images");
  });
});

test("a class counts only with the digest of its own program", () => {
  expect(isCalibrated({ name: "wasm", calibration: calibrationOf("wasm") })).toBe(true);
  expect(isCalibrated({ name: "opaque", calibration: calibrationOf("wasm") })).toBe(false);
  expect(isCalibrated({ name: "constructor", calibration: calibrationOf("wasm") })).toBe(false);
  for (const name of runtimeClasses.filter((one) => calibrations[one].length === 0))
    expect(() => calibrationOf(name)).toThrow();
});
