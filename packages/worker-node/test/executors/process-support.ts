// Whether this machine can run processes for strangers, decided once for a test file; what it lacks is said aloud and not passed over.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Executor } from "../../src/shell/executors/executor.ts";
import { createProcessExecutor } from "../../src/shell/executors/index.ts";
import { findHost } from "../../src/shell/executors/process/host.ts";

/** Each of the two steps; a machine without a mirror must not hold up all that comes after. */
const INSTALL_LIMIT_MS = 60_000;
/** Whoever makes it installs; test files run side by side, and one try is enough. */
const INSTALL_MARK = join(tmpdir(), "starling-tests-bubblewrap");

const missing = await missingForProcesses();

/** Defines tests of the process executor where it works; elsewhere one that bears the reason in its name. */
export function describeProcesses(name: string, define: () => void): void {
  if (missing === null) describe(name, define);
  else test(`${name}: NOT TESTED here, since ${missing}`, () => expect(missing).toMatch(/\w/));
}

// Null where the executor works, else what is missing. CI's machine gets what Debian has; nobody's own machine is changed.
async function missingForProcesses(): Promise<string | null> {
  const before = await findHost("test");
  if (before.ok) return null;
  if (process.env.CI === "true" && process.getuid?.() === 0 && /bubblewrap/.test(before.missing)) {
    installBubblewrap();
    const after = await findHost("test");
    if (after.ok) return null;
  }
  return before.missing;
}

function installBubblewrap(): void {
  const apt = (...args: readonly string[]): void => {
    execFileSync("apt-get", [...args], { stdio: "ignore", timeout: INSTALL_LIMIT_MS });
  };
  try {
    writeFileSync(INSTALL_MARK, "", { flag: "wx" });
    apt("update", "-qq");
    apt("install", "-y", "-qq", "bubblewrap");
  } catch {
    // Another file is at it or was, or there is no mirror: what is still missing is said by whoever looks again.
  }
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
