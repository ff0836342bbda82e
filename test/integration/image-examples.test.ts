// The example that runs an image: its archive is the same on every machine, and its report is what a second program finds.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentIdOfBytes } from "@starling/protocol";
import { createOciExecutor, type Executor } from "@starling/worker-node/executors";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import {
  ARCHIVE_CID,
  BUSYBOX_PACKAGE,
  busyboxVersion,
  keywordsImage,
  missingForImage,
  writeImage,
} from "../../examples/image-keywords/build-image.ts";
import { referenceReport } from "../../examples/image-keywords/reference.ts";
import { runLocally } from "../../examples/local-run.ts";
import { type Dockerd, describeContainers, startDockerd } from "../../packages/worker-node/test/executors/dockerd.ts";
import { missingPackages } from "../harness/debian.ts";

const EXAMPLE = join(import.meta.dirname, "../../examples/image-keywords");
const { signal } = new AbortController();

missingPackages(["busybox-static"]);
const missing = missingForImage();

if (missing === null) {
  test("image-keywords: equal files make equal archives, and the README names the content id", () => {
    const [one, other] = [keywordsImage(), keywordsImage()];
    expect(contentIdOfBytes(one)).toBe(contentIdOfBytes(other));
    if (busyboxVersion() === BUSYBOX_PACKAGE) expect(contentIdOfBytes(one)).toBe(ARCHIVE_CID);
    const told = readFileSync(join(EXAMPLE, "README.md"), "utf8");
    expect(told).toContain(`${BUSYBOX_PACKAGE} its content id is\n\`${ARCHIVE_CID}\``);
  });
} else test(`image-keywords: NOT MADE here, since ${missing}`, () => expect(missing).toMatch(/\w/));

test("image-keywords: the second program finds what its README says", () => {
  const [, ninth] = /^ {4}(\| book-3, lines 1 .*)$/m.exec(readFileSync(join(EXAMPLE, "README.md"), "utf8")) ?? [];
  expect(referenceReport().split("\n")[4 + 8]).toBe(ninth);
});

describeContainers("image-keywords in containers", () => {
  let docker: Dockerd;
  beforeAll(async () => {
    expect(writeImage()).toBeNull();
    docker = await startDockerd();
  });
  afterAll(() => docker.stop());

  function replica(): Executor {
    const area = mkdtempSync(join(tmpdir(), "replica-"));
    const executor = createOciExecutor({ slots: 1, area, socketPath: docker.socketPath, runtime: "runc" });
    onTestFinished(async () => {
      await executor.close();
      rmSync(area, { recursive: true, force: true });
    });
    return executor;
  }

  test("two replicas give the same bytes, and the report is that of the second program", async () => {
    const job = join(EXAMPLE, "job.yaml");
    const [first, second] = await Promise.all([replica(), replica()].map((one) => runLocally(job, one, { signal })));
    expect(second?.tasks.map(({ digest }) => digest)).toEqual(first?.tasks.map(({ digest }) => digest));
    expect(second?.reduced?.digest).toBe(first?.reduced?.digest);
    expect(new TextDecoder().decode(first?.reduced?.outputs[0]?.bytes)).toBe(referenceReport());
  });
});
