// kill -9 of coordinator and workers at every failpoint while the demo's job runs: the same result, and nothing twice, nothing lost.
import { randomInt } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digitsJob } from "../harness/test-devnet.ts";
import { audit } from "./audit.ts";
import { Course } from "./course.ts";
import {
  cancelFailpoints,
  coordinatorFailpoints,
  failureFailpoints,
  isFull,
  killsAt,
  workerFailpoints,
} from "./failpoints.ts";

const limitMs = isFull ? 3_600_000 : 400_000;

/** Many, so that nobody dies so often that he is suspended. */
const workers = 8;

const victims = Array.from({ length: workers }, (_, i) => `worker-${i + 1}`);

describe("a network under fire", () => {
  let course: Course;
  let payerBefore: bigint;
  const random = (): number => randomInt(2 ** 32) / 2 ** 32;
  beforeAll(async () => {
    course = await Course.start(workers);
    payerBefore = await course.net.queries.tokenBalance(course.net.devnet.ground.accounts.payer.address);
  });
  afterAll(async () => {
    await course.net.stop();
  });

  it("takes a submission once that was cut off and is repeated", async () => {
    const key = `cut-${randomInt(2 ** 40)}`;
    const cut = course.net.submit(digitsJob, key).then(
      ({ jobId }) => jobId,
      () => null,
    );
    await course.restart("coordinator", null);
    const first = await cut;
    await course.net.answering();
    const { jobId } = await course.net.submit(digitsJob, key);
    if (first !== null) expect(jobId).toBe(first);
    course.jobs.push(jobId);
    const { jobs } = await course.net.client.jobs.listJobs({
      pageSize: 10,
      pageToken: "",
      states: [],
      labels: {},
      idPrefix: "",
    });
    expect(jobs.map((job) => job.jobId)).toEqual([jobId]);
    await course.follow(jobId);
    await course.checkJob(jobId);
  });

  it(
    "survives the coordinator's death at every failpoint",
    async () => {
      await course.run(["coordinator"], killsAt(coordinatorFailpoints, random));
      for (const failpoint of coordinatorFailpoints)
        expect(
          course.killed.filter((kill) => kill.startsWith("coordinator ") && kill.includes(`${failpoint},`)),
          failpoint,
        ).not.toEqual([]);
    },
    limitMs,
  );

  it(
    "survives workers' deaths at every failpoint",
    async () => {
      await course.run(victims, killsAt(workerFailpoints, random));
      for (const failpoint of workerFailpoints)
        expect(
          course.killed.filter((kill) => kill.startsWith("worker-") && kill.includes(`${failpoint},`)),
          failpoint,
        ).not.toEqual([]);
    },
    limitMs,
  );

  it(
    "gives the same verdict about a program that fails, whoever dies while he reports it",
    async () => {
      await course.runFailing(victims, killsAt(failureFailpoints, random));
    },
    limitMs,
  );

  it(
    "cancels what was cancelled, whenever the coordinator dies over it",
    async () => {
      await course.runCancelled(["coordinator"], killsAt(cancelFailpoints, random));
    },
    limitMs,
  );

  it("paid everybody once and exactly, and its journal holds nothing twice", async () => {
    await course.net.answering();
    await audit(course, { payerBefore });
  });
});
