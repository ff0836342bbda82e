// A directory of a test's own, removed when the test ends.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** Makes an empty directory; call it inside a test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), "starling-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
