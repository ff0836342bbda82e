// What a worker advertises: processes only where its owner allows them and they have been seen to be contained.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@starling/node-kit";
import { expect, test } from "vitest";
import { closeExecutors, probeExecutors, workingExecutors } from "../../src/shell/executor-table.ts";
import { describeProcesses } from "../executors/process-support.ts";
import { deadline, temporaryDirectory } from "./support.ts";

async function offered(allowProcess: boolean, processArea: string) {
  const probed = await probeExecutors(
    { slots: 1, allowProcess, processArea, docker: null, imageArea: `${processArea}-images` },
    deadline(),
  );
  const { offers } = workingExecutors(probed, silentLogger);
  await closeExecutors(probed, silentLogger);
  return offers;
}

test("without the owner's word processes are not offered, and what is left of earlier ones is removed", async () => {
  const area = join(temporaryDirectory(), "process");
  mkdirSync(area);
  writeFileSync(join(area, "groups.json"), "[]");
  expect((await offered(false, area)).map(({ name }) => name)).toEqual(["wasm"]);
  expect(existsSync(area)).toBe(false);
});

describeProcesses("where the owner allows processes", () => {
  test("the class is offered, with how it is isolated and what it computes with", async () => {
    const offers = await offered(true, join(temporaryDirectory(), "process"));
    expect(offers.map(({ name }) => name)).toEqual(["wasm", "cpu"]);
    expect(offers[1]?.engine).toMatch(
      /^process \(namespaces, seccomp, own user, cgroup v[12]\), bubblewrap [\d.]+, x86-64-v\d/,
    );
  });
});
