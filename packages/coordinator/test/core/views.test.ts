// Read models: pages, tasks that do not exist yet, and the lines that watchers see.
import { describe, expect, test } from "vitest";
import {
  coordinatorDecider,
  eventOf,
  jobView,
  listJobs,
  listNodes,
  listTasks,
  taskView,
  type WatchEvent,
} from "../../src/core/index.ts";
import { address, submission } from "./world/fixtures.ts";
import { World } from "./world/world.ts";

describe("pages", () => {
  test("jobs come newest first, by payer and state, and the cursor goes on where the page ended", () => {
    const world = new World();
    for (const key of ["a", "b", "c"]) world.submit(submission({ key }));
    world.submit(submission({ key: "d", payer: address("other") }));
    const first = listJobs(world.state, { limit: 2 });
    expect(first.items.map(({ name }) => name)).toEqual(["d", "c"]);
    const second = listJobs(world.state, { limit: 2, cursor: first.nextCursor ?? "" });
    expect(second.items.map(({ name }) => name)).toEqual(["b", "a"]);
    expect(second.nextCursor).toBeNull();
    expect(listJobs(world.state, { limit: 9, payer: address("other") }).items.map(({ name }) => name)).toEqual(["d"]);
    expect(listJobs(world.state, { limit: 9, states: ["running"] }).items).toEqual([]);
  });

  test("jobs that are looked for by label or prefix come in whole pages, and none is left out", () => {
    const world = new World();
    const jobs = ["a", "b", "c"].map((key) => ({
      ...submission({ key }),
      labels: { team: key === "b" ? "red" : "blue" },
    }));
    for (const job of jobs) world.submit(job);
    const first = listJobs(world.state, { limit: 1, labels: { team: "blue" } });
    const second = listJobs(world.state, { limit: 1, labels: { team: "blue" }, cursor: first.nextCursor ?? "" });
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(["c", "a"]);
    expect(second.nextCursor).toBeNull();
    const [{ jobId } = { jobId: "" }] = jobs;
    expect(listJobs(world.state, { limit: 9, idPrefix: jobId.slice(0, 40) }).items.map(({ name }) => name)).toEqual([
      "a",
    ]);
  });

  test("tasks come by index, the reduce task last, also those that do not exist yet", () => {
    const world = new World();
    const job = submission({ tasks: 5, reduce: true });
    world.submit(job);
    const first = listTasks(world.state, { jobId: job.jobId, limit: 4 });
    expect(first?.items.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const rest = listTasks(world.state, { jobId: job.jobId, limit: 4, cursor: first?.nextCursor ?? "" });
    expect(rest?.items.map(({ step, index }) => `${step}/${index}`)).toEqual(["map/4", "reduce/0"]);
    expect(rest?.items.every(({ reason }) => reason?.code === "notYetCreated")).toBe(true);
    expect(taskView(world.state, `${job.jobId}/map/5`)).toBeNull();
    expect(taskView(world.state, `${job.jobId}/reduce/1`)).toBeNull();
    expect(taskView(world.state, "nonsense")).toBeNull();
    expect(taskView(world.state, `${job.jobId}/map/4`)?.item).toEqual({ item: "4" });
  });

  test("nodes", () => {
    const world = new World();
    for (const name of ["a", "b", "c"]) world.join(name);
    world.feed([...world.workers.values()][1]?.disconnect() ?? { type: "tick" });
    const first = listNodes(world.state, { limit: 2 });
    expect(first.items.map(({ connected }) => connected)).toEqual([true, false]);
    expect(listNodes(world.state, { limit: 2, cursor: first.nextCursor ?? "" }).items).toHaveLength(1);
    expect(listNodes(world.state, { limit: 9, connected: false }).items).toHaveLength(1);
  });
});

test("watchers see the life of a job in order", () => {
  const world = new World();
  for (const name of ["a", "b"]) world.join(name);
  const job = submission({ tasks: 1 });
  world.submit(job);
  world.settle(6);
  const state = coordinatorDecider.initial(world.config);
  const events: WatchEvent[] = [];
  for (const fact of world.facts) {
    coordinatorDecider.evolve(state, fact);
    const event = eventOf(state, fact);
    if (event !== null) events.push(event);
  }
  expect(events.every(({ jobId }) => jobId === job.jobId)).toBe(true);
  expect(events.map(({ kind }) => kind)).toEqual([
    "jobAccepted",
    "jobFunded",
    "jobStarted",
    "leaseOffered",
    "leaseOffered",
    "leaseAccepted",
    "leaseAccepted",
    "leaseCommitted",
    "leaseCommitted",
    "commitSetClosed",
    "leaseRevealed",
    "leaseRevealed",
    "taskAccepted",
    "leaseSettled",
    "payOwed",
    "leaseSettled",
    "payOwed",
    "taskSettled",
    "jobCompleted",
    "taskFinal",
  ]);
  expect(jobView(world.state, job.jobId)?.anchored).toBe(true);
});
