// Whether this machine can run processes for strangers, decided once for a test file; what it lacks is said aloud and not passed over.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { missingPackages } from "../../../../test/harness/debian.ts";
import type { Executor } from "../../src/shell/executors/executor.ts";
import { findHost } from "../../src/shell/executors/process/host.ts";
import { createProcessExecutor } from "../../src/shell/executors/process/process-executor.ts";

const missing = await missingForProcesses();

/** Defines tests of the process executor where it works; elsewhere one that bears the reason in its name. */
export function describeProcesses(name: string, define: () => void): void {
  if (missing === null) describe(name, define);
  else test(`${name}: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
}

// Null where the executor works, else what is missing. CI's machine gets what Debian has; nobody's own machine is changed.
async function missingForProcesses(): Promise<string | null> {
  missingPackages(["bubblewrap"]);
  const found = await findHost("test");
  return found.ok ? null : found.missing;
}

/** An executor with a folder of its own; closing it removes both. */
export function processExecutor(slots = 1): Executor & { readonly area: string } {
  const area = mkdtempSync(join(tmpdir(), "process-area-"));
  const executor = createProcessExecutor({ slots, area });
  return {
    ...executor,
    area,
    close: async () => {
      await executor.close();
      rmSync(area, { recursive: true, force: true });
    },
  };
}
