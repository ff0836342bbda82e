// Whether this machine can run strangers' processes: the executor's own probe says it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createProcessExecutor } from "@starling/worker-node/executors";
import { missingPackages } from "./debian.ts";

/** Null where it can and has the packages, else what is missing, for the name of the test that stands in for those that can't be run. */
export async function missingForProcesses(...packages: readonly string[]): Promise<string | null> {
  const missing = missingPackages(["bubblewrap", ...packages]);
  if (missing.length > 0) return `there is no ${missing.join(", ")}`;
  const area = mkdtempSync(join(tmpdir(), "probe-"));
  const executor = createProcessExecutor({ slots: 1, area });
  try {
    const result = await executor.probe({ signal: new AbortController().signal });
    return result.works ? null : result.reason;
  } finally {
    await executor.close();
    rmSync(area, { recursive: true, force: true });
  }
}
