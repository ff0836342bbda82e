// Every attack against every executor that this machine has: none may get anywhere, and docs/isolation.md says what was tried.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingPackages } from "../../../../../test/harness/debian.ts";
import type { Executor } from "../../../src/shell/executors/executor.ts";
import { createWasmExecutor } from "../../../src/shell/executors/index.ts";
import { type Dockerd, describeContainers, startDockerd } from "../dockerd.ts";
import { perl } from "../oci-images.ts";
import { ociExecutor } from "../oci-support.ts";
import { describeProcesses, processExecutor } from "../process-support.ts";
import { describeRootsAtLength, rootExecutor, rootOf } from "../root-support.ts";
import { task, unhurried } from "../support.ts";
import { type AttackName, type AttackTable, attackNames } from "./attack.ts";
import { gvisorAttacks } from "./gvisor-attacks.ts";
import { type ColumnName, columnNames, isolationPage } from "./isolation-page.ts";
import { ociAttacks } from "./oci-attacks.ts";
import { processAttacks } from "./process-attacks.ts";
import { type OpenTargets, openTargets } from "./targets.ts";
import { wasmAttacks } from "./wasm-attacks.ts";

const page = join(import.meta.dirname, "../../../../../docs/isolation.md");

const verdicts = {
  wasm: new Map<AttackName, string>(),
  process: new Map<AttackName, string>(),
  "process, own root": new Map<AttackName, string>(),
  oci: new Map<AttackName, string>(),
  "oci, gVisor": new Map<AttackName, string>(),
};
let area: string | null = null;
let targets: OpenTargets;

// Before any executor starts, so that the secret is in the environment that they start from.
beforeAll(async () => {
  targets = await openTargets(() => area);
});
afterAll(() => targets.close());

function attacked(name: ColumnName, attacks: AttackTable, make: () => Executor): void {
  let executor: Executor;
  beforeAll(async () => {
    executor = make();
    // Attacks on memory and processes are made only where limits have just been seen to hold.
    const probed = await executor.probe(unhurried());
    if (!probed.works) throw new Error(probed.reason);
  });
  afterAll(() => executor.close());

  test.each(attackNames)("%s", async (attackName) => {
    const attack = attacks[attackName];
    if ("impossible" in attack) {
      verdicts[name].set(attackName, `impossible: ${attack.impossible}`);
      return;
    }
    const { program, overrides } = attack.attempt(targets);
    const reached = attack.reached(await executor.run(task(program, overrides), unhurried()), targets);
    verdicts[name].set(attackName, reached === null ? "contained" : "NOT contained");
    expect(reached).toBeNull();
  });
}

describe("wasm contains", () => attacked("wasm", wasmAttacks, () => createWasmExecutor({ slots: 1 })));

describeContainers("oci contains", () => {
  let docker: Dockerd;
  beforeAll(async () => {
    docker = await startDockerd();
  });
  afterAll(() => docker.stop());

  attacked("oci", ociAttacks, () => {
    const executor = ociExecutor(docker.socketPath);
    area = executor.area;
    return executor;
  });
});

describeContainers("oci over gVisor contains", () => {
  const missing = missingPackages(["runsc"]);
  if (missing.length > 0) {
    test("NOT TESTED here, since there is no runsc", () => expect(missing).toEqual(["runsc"]));
    return;
  }
  let docker: Dockerd;
  beforeAll(async () => {
    docker = await startDockerd();
  });
  afterAll(() => docker.stop());

  attacked("oci, gVisor", gvisorAttacks, () => {
    const executor = ociExecutor(docker.socketPath, "runsc");
    area = executor.area;
    return executor;
  });
});

describeRootsAtLength("process with a root of its own contains", () => {
  attacked("process, own root", processAttacks, () => {
    const executor = rootExecutor(rootOf(Buffer.concat([...perl()])));
    area = executor.area;
    return executor;
  });
});

// On every machine, also where nothing can be attacked: what is not tried stands as it stood.
test("the page has the words that stand here", () => {
  const none = Object.fromEntries(columnNames.map((name) => [name, new Map()])) as typeof verdicts;
  const before = readFileSync(page, "utf8");
  expect(isolationPage(none, before)).toBe(before);
});

describeProcesses("process contains", () => {
  attacked("process", processAttacks, () => {
    const executor = processExecutor();
    area = executor.area;
    return executor;
  });

  test("and the page says what was found", async () => {
    const text = isolationPage(verdicts, readFileSync(page, "utf8"));
    const table = text.split("\n").filter((line) => line.startsWith("| "));
    process.stderr.write(`\n${table.slice(0, attackNames.length + 1).join("\n")}\n`);
    await expect(text).toMatchFileSnapshot(page);
  });
});
